import { type Backup, type BackupEntry, BackupError } from '../backup/backup.ts'
import { CompactedError } from '../errors.ts'
import { Connection } from './connection.ts'
import type { EtcdOptions } from './etcd-backend.ts'
import { readOffset } from './etcd-store.ts'
import { isCompacted, translate } from './failures.ts'
import { KeySpace } from './key-space.ts'
import { type KeyValue, leaseTimeToLive, range } from './messages.ts'

const pageSize = 500

/** Everything that is kept in etcd under a prefix, as of one revision. Its entries are to be read to the end. */
export async function backupEtcd(
  options: EtcdOptions,
  { attributes = {}, now = Date.now }: { attributes?: Readonly<Record<string, string>>; now?(): number } = {},
): Promise<Backup> {
  const offset = await readOffset(options)
  const connection = new Connection(options)
  const reading = new Reading(connection, new KeySpace(options), { offset, now })
  const revision = await reading.begin()
  const header = { revision: revision + offset, created: new Date(now()).toISOString(), attributes }
  return { header, entries: reading.entries(revision) }
}

class Reading {
  readonly #connection: Connection
  readonly #keys: KeySpace
  readonly #offset: number
  readonly #now: () => number
  readonly #expiries = new Map<number, Promise<number>>()

  constructor(connection: Connection, keys: KeySpace, { offset, now }: { offset: number; now(): number }) {
    this.#connection = connection
    this.#keys = keys
    this.#offset = offset
    this.#now = now
  }

  async begin(): Promise<number> {
    try {
      const request = { key: this.#keys.mark, countOnly: true }
      return (await this.#connection.ask(range, request, { repeatable: true })).header.revision
    } catch (error) {
      this.#connection.close()
      throw error
    }
  }

  async *entries(revision: number): AsyncGenerator<BackupEntry> {
    const { rangeEnd } = this.#keys.everything
    try {
      for (let { key } = this.#keys.everything; ; ) {
        const { kvs, more } = await this.#page({ key, rangeEnd, revision, limit: pageSize })
        for (const kv of kvs) yield await this.#entry(kv)
        const last = kvs.at(-1)
        if (!more || !last) return
        key = Buffer.concat([last.key, Buffer.of(0)])
      }
    } finally {
      this.#connection.close()
    }
  }

  async #page(request: { key: Buffer; rangeEnd: Buffer; revision: number; limit: number }) {
    try {
      return await this.#connection.call(range, request, { repeatable: true })
    } catch (error) {
      if (isCompacted(error)) throw new CompactedError(request.revision, request.revision + 1)
      throw translate(error)
    }
  }

  async #entry({ key, value, createRevision, modRevision, lease }: KeyValue): Promise<BackupEntry> {
    const name = this.#keys.nameOf(key)
    if (name === undefined) throw new BackupError(`${key} is no key of the store`)
    const revisions = { createRevision: createRevision + this.#offset, modRevision: modRevision + this.#offset }
    return { key: name, value, ...revisions, expiry: lease ? await this.#expiryOf(lease) : 0 }
  }

  /** Many keys share a lease. */
  #expiryOf(ID: number): Promise<number> {
    const known = this.#expiries.get(ID)
    if (known) return known
    const asked = this.#connection
      .ask(leaseTimeToLive, { ID }, { repeatable: true })
      // One that has ended goes at once where its keys are read next.
      .then(({ TTL }) => this.#now() + Math.max(TTL, 1) * 1000)
    this.#expiries.set(ID, asked)
    return asked
  }
}
