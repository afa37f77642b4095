import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface ProjectedFile {
  content: Buffer
  mode: number
}

export interface FileOwner {
  uid?: number | undefined
  gid?: number | undefined
}

const dataLink = '..data'

/**
 * Writes a set of files so that a reader sees the old set or the new, never a mixture: files lie in a directory of their own,
 * the link `..data` leads to it, and what is visible are links through `..data`. Nothing is done when nothing has changed.
 */
export async function writeAtomically(
  root: string,
  files: ReadonlyMap<string, ProjectedFile>,
  owner: FileOwner = {},
): Promise<void> {
  await mkdir(root, { recursive: true })
  await chmod(root, 0o755)
  const current = await readlink(join(root, dataLink)).catch(() => undefined)
  if (current === undefined || !(await holds(join(root, current), files))) {
    const directory = await mkdtemp(join(root, timestampPrefix()))
    await chmod(directory, 0o755)
    for (const [path, { content, mode }] of files) {
      const file = join(directory, path)
      await mkdir(dirname(file), { recursive: true, mode: 0o755 })
      await writeFile(file, content)
      await chmod(file, mode)
      await own(file, owner)
    }
    await own(directory, owner)
    await rm(join(root, '..data_tmp'), { force: true })
    await symlink(directory.slice(root.length + 1), join(root, '..data_tmp'))
    await rename(join(root, '..data_tmp'), join(root, dataLink))
    if (current !== undefined) await rm(join(root, current), { recursive: true, force: true })
  }
  await linkNames(root, new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)))
}

/** `..2026_11_22_15_04_05.`, as upstream names these directories. */
const timestampPrefix = (): string => `..${new Date().toISOString().slice(0, 19).replace(/[-T:]/g, '_')}.`

async function own(path: string, { uid, gid }: FileOwner): Promise<void> {
  if (uid !== undefined || gid !== undefined) await chown(path, uid ?? 0, gid ?? 0)
}

async function linkNames(root: string, names: ReadonlySet<string>): Promise<void> {
  const present = (await readdir(root)).filter((name) => !name.startsWith('..'))
  await Promise.all([
    ...present.filter((name) => !names.has(name)).map((name) => rm(join(root, name), { force: true })),
    ...[...names]
      .filter((name) => !present.includes(name))
      .map(async (name) => {
        await symlink(join(dataLink, name), join(root, name))
        await lchown(join(root, name), 0, 0)
      }),
  ])
}

/** Does the directory hold exactly these files? */
async function holds(directory: string, files: ReadonlyMap<string, ProjectedFile>): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const present = entries.filter((entry) => entry.isFile())
  if (present.length !== files.size) return false
  for (const [path, { content }] of files) {
    const found = await readFile(join(directory, path)).catch(() => undefined)
    if (!found?.equals(content)) return false
  }
  return true
}
