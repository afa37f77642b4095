import { createHash } from 'node:crypto'
import { type Backup, type BackupEntry, BackupError } from '../backup/backup.ts'
import { Connection } from './connection.ts'
import { EtcdBackend, type EtcdOptions } from './etcd-backend.ts'
import { readOffset, writeOffset } from './etcd-store.ts'
import { KeySpace } from './key-space.ts'
import { deleteRange } from './messages.ts'

export interface RestoreToEtcd {
  now?(): number
  /** Told how many entries are there, once in a while. */
  onProgress?(entries: number): void
}

const atOnce = 64

/**
 * Makes an empty prefix of etcd hold what a backup has, read back and compared before it counts. Its revisions are told from then on as
 * greater than those of the backup, and all of them are history: a client that comes with one is told that it is gone, and lists anew.
 */
export async function restoreEtcd(
  options: EtcdOptions,
  { header, entries }: Backup,
  { now = Date.now, onProgress }: RestoreToEtcd = {},
): Promise<{ entries: number }> {
  const backend = await EtcdBackend.open(options)
  try {
    const everything = `${options.inPlaceOf ?? ''}/`
    const held = await backend.count(everything)
    if (held > 0 || (await readOffset(options)) > 0)
      throw new BackupError(`${options.prefix} in etcd is not empty: it holds ${held} keys`)
    const first = await backend.currentRevision()
    try {
      const written = await fill(backend, entries, { now, onProgress })
      await compare(backend, everything, written)
      await writeOffset(options, Math.max(0, header.revision + 1 - first))
      await backend.compact(await backend.currentRevision())
      return { entries: written.count }
    } catch (error) {
      await clear(options)
      throw error
    }
  } finally {
    await backend.close()
  }
}

interface Written {
  count: number
  /** Keys with a time to live, which may be gone before they are read back. */
  passing: Set<string>
  /** Of all others, in order. */
  digest: string
}

async function fill(
  backend: EtcdBackend,
  entries: AsyncIterable<BackupEntry>,
  { now, onProgress }: { now(): number; onProgress: RestoreToEtcd['onProgress'] },
): Promise<Written> {
  const digest = createHash('sha256')
  const passing = new Set<string>()
  const underWay = new Set<Promise<unknown>>()
  let count = 0
  try {
    for await (const { key, value, expiry } of entries) {
      const ttlSeconds = expiry === 0 ? 0 : Math.ceil((expiry - now()) / 1000)
      if (expiry > 0 && ttlSeconds <= 0) continue
      if (expiry > 0) passing.add(key)
      else add(digest, key, value)
      const write: Promise<unknown> = backend.create(key, value, { ttlSeconds })
      underWay.add(write)
      void write.then(
        () => underWay.delete(write),
        () => undefined,
      )
      if (++count % 1000 === 0) onProgress?.(count)
      if (underWay.size >= atOnce) await Promise.race(underWay)
    }
    await Promise.all(underWay)
    return { count, passing, digest: digest.digest('hex') }
  } finally {
    // Nothing may be written any more when what was written is taken back.
    await Promise.allSettled(underWay)
  }
}

/** What is there has to be what was written, key for key and byte for byte. */
async function compare(backend: EtcdBackend, everything: string, { passing, digest, count }: Written): Promise<void> {
  const found = createHash('sha256')
  const options = { revision: await backend.currentRevision(), limit: 1000 }
  let total = 0
  let after: string | undefined
  for (;;) {
    const { entries, remaining } = await backend.list(everything, { ...options, ...(after !== undefined && { after }) })
    for (const { key, value } of entries) if (!passing.has(key)) add(found, key, value)
    total += entries.filter(({ key }) => !passing.has(key)).length
    after = entries.at(-1)?.key
    if (remaining === 0) break
  }
  if (total !== count - passing.size || found.digest('hex') !== digest)
    throw new BackupError(`etcd holds ${total} keys that are not the ${count - passing.size} that were written`)
}

function add(digest: ReturnType<typeof createHash>, key: string, value: Uint8Array): void {
  digest.update(`${Buffer.byteLength(key)} ${key} ${value.byteLength} `).update(value)
}

async function clear(options: EtcdOptions): Promise<void> {
  const connection = new Connection(options)
  try {
    await connection.ask(deleteRange, new KeySpace(options).all, { repeatable: true })
  } finally {
    connection.close()
  }
}
