/**
 * Writes the unordered registries: one import and one element for each file that adds a thing.
 * With --check nothing is written; stale files are named and the exit code is 1.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { controllerPermissions } from './generate/controller-permissions.ts'
import { definitionsRegistry, folderRegistry } from './generate/registry.ts'

const packages = join(import.meta.dirname, '../packages')
const registries = [
  { folder: 'controller-manager/src/controllers', exported: 'controller', list: 'controllers' },
  { folder: 'scheduler/src/plugins', exported: 'plugin', list: 'plugins' },
  { folder: 'kubelet/src/volumes', exported: 'plugin', list: 'plugins' },
  { folder: 'cli/src/commands', exported: 'command', list: 'commands' },
]

const files = new Map([
  ['api/src/registry.generated.ts', definitionsRegistry(join(packages, 'api/src'))],
  ...registries.map(
    ({ folder, exported, list }) =>
      [`${folder}/index.generated.ts`, folderRegistry({ folder: join(packages, folder), exported, list })] as const,
  ),
  ['api-server/src/bootstrap/generated/controller-permissions.json', controllerPermissions()],
])

for (const [name, text] of files) {
  const path = join(packages, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (process.argv.includes('--check')) {
    console.error(`packages/${name} is stale: npm run generate`)
    process.exitCode = 1
    continue
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  console.log(`wrote packages/${name}`)
}
