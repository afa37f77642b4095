import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Prints what must lie in node_modules beside the bundles: modules with native code, and all that those load. */
const roots = ['classic-level']
const modules = join(import.meta.dirname, '../node_modules')

function closure(name: string, seen: Set<string>): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const { dependencies = {} } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const dependency of Object.keys(dependencies)) closure(dependency, seen)
  return seen
}

// Fails here, and not on the host they are copied to, when one is missing.
const require = createRequire(import.meta.url)
const all = new Set<string>()
for (const root of roots) {
  require.resolve(root)
  closure(root, all)
}
process.stdout.write(`${[...all].join('\n')}\n`)
