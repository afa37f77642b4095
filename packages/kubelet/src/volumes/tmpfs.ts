import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export async function isMounted(directory: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  return mounts.split('\n').some((line) => line.split(' ')[4] === directory)
}

/** Mounts memory at a directory unless something is mounted there. */
export async function mountTmpfs(directory: string, options: { sizeBytes?: number } = {}): Promise<void> {
  if (await isMounted(directory)) return
  const size = options.sizeBytes === undefined ? [] : ['-o', `size=${options.sizeBytes}`]
  await run('mount', ['-t', 'tmpfs', ...size, 'tmpfs', directory])
}

export async function unmount(directory: string): Promise<void> {
  if (await isMounted(directory)) await run('umount', [directory])
}

const run = (command: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} failed: ${complaint.trim()}`)),
    )
  })
