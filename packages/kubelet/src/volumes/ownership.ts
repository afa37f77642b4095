import type { Stats } from 'node:fs'
import { chmod, lchown, lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PodSecurityContext } from '@tandem/api/core/v1/types'

export interface Ownership {
  fsGroup: number
  policy?: PodSecurityContext['fsGroupChangePolicy']
  readOnly: boolean
}

const permissions = ({ readOnly }: Ownership, isDirectory: boolean): number =>
  (readOnly ? 0o440 : 0o660) | (isDirectory ? 0o2110 : 0)

/** Gives all of a volume to the pod's fsGroup: the group may read, and write unless the volume is read-only. */
export async function giveToGroup(root: string, ownership: Ownership): Promise<void> {
  if (ownership.policy === 'OnRootMismatch' && isGiven(await stat(root), ownership)) return
  await give(root, await lstat(root), ownership)
}

/** Does the root look as if all had been given before? */
export function isGiven(root: Stats, ownership: Ownership): boolean {
  const wanted = permissions(ownership, true)
  return root.isDirectory() && root.gid === ownership.fsGroup && (root.mode & wanted) === wanted
}

/** The root comes last: when it is the group's, so is everything below. Links are never followed. */
async function give(path: string, stats: Stats, ownership: Ownership): Promise<void> {
  if (stats.isDirectory())
    for (const name of await readdir(path)) {
      const child = join(path, name)
      // What went away meanwhile needs no owner.
      const found = await lstat(child).catch(() => undefined)
      if (found) await give(child, found, ownership)
    }
  await lchown(path, stats.uid, ownership.fsGroup)
  if (!stats.isSymbolicLink()) await chmod(path, (stats.mode & 0o7777) | permissions(ownership, stats.isDirectory()))
}
