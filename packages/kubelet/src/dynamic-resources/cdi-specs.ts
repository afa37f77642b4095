import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { load } from 'js-yaml'
import type { CdiSpec } from './container-edits.ts'

/** Where drivers describe devices; those of the later directory win. */
export const cdiDirectories: readonly string[] = ['/etc/cdi', '/var/run/cdi']

/** All that is described now. Files that cannot be read describe nothing. */
export async function readCdiSpecs(directories: readonly string[] = cdiDirectories): Promise<CdiSpec[]> {
  const specs: CdiSpec[] = []
  for (const directory of directories.toReversed()) {
    const names = await readdir(directory).catch(() => [])
    for (const name of names.filter((each) => ['.json', '.yaml'].includes(extname(each))).sort()) {
      const spec = await readSpec(join(directory, name))
      if (spec) specs.push(spec)
    }
  }
  return specs
}

async function readSpec(path: string): Promise<CdiSpec | undefined> {
  try {
    const content = load(await readFile(path, 'utf8'))
    return isSpec(content) ? content : undefined
  } catch {
    return undefined
  }
}

const isSpec = (content: unknown): content is CdiSpec =>
  typeof content === 'object' &&
  content !== null &&
  'kind' in content &&
  typeof content.kind === 'string' &&
  'devices' in content &&
  Array.isArray(content.devices)
