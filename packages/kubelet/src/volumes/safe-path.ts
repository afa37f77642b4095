import { constants } from 'node:fs'
import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises'
import { PathEscapesError } from './resolve-inside.ts'

/** Names a file without opening it: a device or a pipe is not touched. Linux has it, Node does not name it. */
const onlyPath = 0o10000000

/** What lies behind an open handle, by a path that nobody can turn elsewhere. */
export const pathOf = (handle: FileHandle): string => `/proc/${process.pid}/fd/${handle.fd}`

/**
 * Opens what is at `names` below `root`, one directory at a time and following no link, so that what is swapped for a link meanwhile is
 * refused. With `mode`, directories that are missing are made, and given that mode. The caller closes the handle.
 */
export async function openBeneath(
  root: string,
  names: readonly string[],
  { mode }: { mode?: number } = {},
): Promise<FileHandle> {
  let current = await open(root, onlyPath | constants.O_NOFOLLOW | constants.O_DIRECTORY)
  try {
    for (const name of names) {
      const next = await step(current, name, mode)
      await current.close()
      current = next
    }
    return current
  } catch (error) {
    await current.close()
    throw error
  }
}

async function step(parent: FileHandle, name: string, mode: number | undefined): Promise<FileHandle> {
  const path = `${pathOf(parent)}/${name}`
  const found = await openEntry(path)
  if (found) return checked(found, name)
  if (mode === undefined) throw new Error(`${name} does not exist`)
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const made = await openEntry(path)
  if (!made) throw new Error(`${name} does not exist`)
  const directory = await checked(made, name)
  await chmod(pathOf(directory), mode)
  return directory
}

async function openEntry(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, onlyPath | constants.O_NOFOLLOW)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function checked(handle: FileHandle, name: string): Promise<FileHandle> {
  if (!(await handle.stat()).isSymbolicLink()) return handle
  await handle.close()
  throw new PathEscapesError(`${name} has become a link`)
}
