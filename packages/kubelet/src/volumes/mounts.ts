import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** What the kernel writes for characters that would break a line of its tables. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** Where something is mounted, in the order it was. */
export async function mountPoints(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  return table.split('\n').flatMap((line) => {
    const point = line.split(' ')[4]
    return point === undefined ? [] : [unescaped(point)]
  })
}

export const isMounted = async (directory: string): Promise<boolean> => (await mountPoints()).includes(directory)

export async function mount(...args: readonly string[]): Promise<void> {
  await run('mount', args)
}

/** Undoes the mount at a path, all of them where several lie over each other. What is not mounted is no error. */
export async function unmount(path: string): Promise<void> {
  const times = (await mountPoints()).filter((point) => point === path).length
  for (let i = 0; i < times; i++) await run('umount', [path])
}

/** Undoes all mounts below a directory and at it, the innermost first: nothing below it may be removed before. */
export async function unmountBelow(directory: string): Promise<void> {
  const below = (await mountPoints()).filter((point) => point === directory || point.startsWith(`${directory}/`))
  for (const point of below.reverse()) await run('umount', [point])
}

const run = (command: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(command, args, { encoding: 'utf8' }, (error, _, complaint) => {
      if (error) reject(new Error(`${command} failed: ${complaint.trim() || error.message}`, { cause: error }))
      else resolve()
    })
  })
