import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Backup, type BackupEntry, BackupError } from '../backup/backup.ts'
import { LockedError } from '../errors.ts'
import { closeDatabase, type Database, type Operation, openDatabase, ownerOf } from './database.ts'
import type { Handle } from './handle.ts'
import type { Snapshot } from './history.ts'
import { decodeState, encodeState, endOf, expiryKey, keyOfState, stateKey, valueKey } from './records.ts'

/** Entries read at once. */
const chunk = 64

/** All that is in the snapshot, which is closed in the end. Between two chunks others may do what they like with the handle. */
export async function* entriesOf(handle: Handle, database: Database, snapshot: Snapshot): AsyncGenerator<BackupEntry> {
  try {
    for (let after = 's:'; ; ) {
      const some = await handle.read((present) => {
        if (present !== database) throw new BackupError('the store was opened anew meanwhile; begin the backup again')
        return readEntries(database, after, snapshot)
      })
      yield* some
      const last = some.at(-1)
      if (!last || some.length < chunk) return
      after = stateKey(last.key)
    }
  } finally {
    await snapshot.close()
  }
}

async function readEntries(database: Database, after: string, snapshot: Snapshot): Promise<BackupEntry[]> {
  const states = await database.iterator({ gt: after, lt: endOf('s:'), limit: chunk, snapshot }).all()
  const decoded = states.map(([at, bytes]) => ({ key: keyOfState(at), ...decodeState(bytes) }))
  const values = await database.getMany(
    decoded.map(({ modRevision }) => valueKey(modRevision)),
    { snapshot },
  )
  return decoded.map((state, i) => {
    const value = values[i]
    if (!value) throw new BackupError(`${database.location} is damaged: ${state.key} has no value`)
    return { ...state, value }
  })
}

/**
 * Revisions of a restored store begin this far behind the backup's. Clients have seen revisions that came after the backup: given again,
 * for other changes, they would hide these from a watch that goes on. As it is, such a watch is told that its revision is gone.
 */
export const revisionLeap = 1_000_000_000

export interface Restored {
  entries: number
  /** Where what was there before is now; undefined when nothing was. */
  before: string | undefined
}

/**
 * Makes a store of a backup, in place of what is there, which is moved aside. Nothing changes before the backup was read to its end and
 * what came of it was checked.
 */
export async function restoreBackup(
  directory: string,
  { header, entries }: Backup,
  now: Date = new Date(),
): Promise<Restored> {
  const owner = ownerOf(directory)
  if (owner) throw new LockedError(`${directory} is in use by process ${owner}`)
  const draft = `${directory}.restoring`
  await rm(draft, { recursive: true, force: true })
  try {
    const count = await fill(draft, entries, header.revision + revisionLeap)
    await closeDatabase(await openDatabase(draft, 'deep'))
    const before = existsSync(directory)
      ? `${directory}.before-${now.toISOString().replaceAll(/[:.]/g, '-')}`
      : undefined
    if (before) await rename(directory, before)
    await rename(draft, directory)
    await syncDirectory(dirname(directory))
    return { entries: count, before }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function fill(directory: string, entries: AsyncIterable<BackupEntry>, revision: number): Promise<number> {
  const database = await openDatabase(directory)
  try {
    let count = 0
    let batch: Operation[] = []
    let bytes = 0
    for await (const entry of entries) {
      batch.push(...operationsOf(entry))
      bytes += entry.value.byteLength
      count++
      if (batch.length < 1000 && bytes < 4 << 20) continue
      await database.batch(batch)
      batch = []
      bytes = 0
    }
    const compacted = Buffer.from(String(revision))
    batch.push({ type: 'put', key: 'm:compacted', value: compacted }, { type: 'put', key: 'm:swept', value: compacted })
    await database.batch(batch, { sync: true })
    return count
  } finally {
    await closeDatabase(database)
  }
}

function operationsOf({ key, value, createRevision, modRevision, expiry }: BackupEntry): Operation[] {
  const operations: Operation[] = [
    { type: 'put', key: stateKey(key), value: encodeState({ createRevision, modRevision, expiry }) },
    { type: 'put', key: valueKey(modRevision), value: Buffer.from(value) },
  ]
  if (expiry) operations.push({ type: 'put', key: expiryKey(expiry, modRevision), value: Buffer.from(key) })
  return operations
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
