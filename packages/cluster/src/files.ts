import { chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Who should own files meant for the person at the keyboard: the user who ran `sudo`, where one did. */
export interface Owner {
  uid: number
  gid: number
}

export function invokingUser(environment: NodeJS.ProcessEnv = process.env): Owner | undefined {
  const uid = Number(environment.SUDO_UID)
  const gid = Number(environment.SUDO_GID)
  return environment.SUDO_UID && Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined
}

/** Writes the whole file or nothing, readable by its owner only unless `mode` says otherwise. */
export function writeFileAtomically(
  path: string,
  content: string,
  { mode = 0o600, owner }: { mode?: number; owner?: Owner | undefined } = {},
): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, content, { mode })
  if (owner) chownSync(draft, owner.uid, owner.gid)
  renameSync(draft, path)
}

export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
