import { readFileSync } from 'node:fs'
import { runCommand } from '@tandem/netfilter'

/** Detaches whatever is mounted below a directory, the innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1]?.replaceAll('\\040', ' ') ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
  for (const path of mounts.reverse()) await runCommand('umount', ['-l', path]).catch(() => '')
}
