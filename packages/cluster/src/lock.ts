import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfThere } from './files.ts'
import { identify, isAlive, type ProcessIdentity } from './supervisor/process-identity.ts'

/** Another process brings up or takes down what is below the same root. */
export class LockedError extends Error {
  readonly code = 'ROOT_LOCKED'
}

/** Does the work while no other process does such work below the root. A lock whose holder died is nobody's. */
export async function withLock<T>(root: string, work: () => Promise<T>): Promise<T> {
  const self = identify(process.pid)
  // Nothing is there to be locked, or /proc is not to be read.
  if (!self || !existsSync(root)) return work()
  const path = join(root, 'lock')
  take(path, self)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** The lock appears with its content at once, for whoever finds it reads it. */
function take(path: string, self: ProcessIdentity): void {
  const draft = `${path}.${self.pid}.new`
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 })
  try {
    const holder = holderOf(path)
    if (holder && isAlive(holder)) throw heldBy(holder)
    rmSync(path, { force: true })
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw heldBy(holderOf(path))
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Undefined when there is no lock, or one that a host that lost its power left without its content. */
const holderOf = (path: string): ProcessIdentity | undefined => {
  const content = readFileIfThere(path)
  return content ? (JSON.parse(content) as ProcessIdentity) : undefined
}

const heldBy = (holder: ProcessIdentity | undefined): LockedError =>
  new LockedError(`another tandem${holder ? ` (process ${holder.pid})` : ''} is at work here; wait until it is done`)
