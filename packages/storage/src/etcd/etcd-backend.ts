import type {
  Backend,
  Entry,
  ListOptions,
  ListResult,
  Page,
  WatchBatch,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '../backend.ts'
import { ClosedError, CompactedError, FutureRevisionError, KeyExistsError, RevisionMismatchError } from '../errors.ts'
import { Compactor, compactTo } from './compactor.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { isCompacted, isFuture, isLeaseNotFound, translate } from './failures.ts'
import { follow } from './following.ts'
import { KeySpace, type KeySpaceOptions } from './key-space.ts'
import { LatestRevision } from './latest-revision.ts'
import { Leases } from './leases.ts'
import {
  compareResult,
  compareTarget,
  type KeyValue,
  leaseGrant,
  put,
  type RequestOp,
  range,
  txn,
  watch,
} from './messages.ts'
import { type Follower, ProgressMark } from './progress-mark.ts'

export interface EtcdOptions extends ConnectionOptions, KeySpaceOptions {
  /** Milliseconds between compactions, each up to the one before; 0 for none, which is left to somebody else then. */
  compactionInterval?: number | undefined
  /** How long one lease is shared by those who ask for the same time to live. */
  leaseReuseSeconds?: number | undefined
  /** Told of what failed in the background. */
  onError?(error: unknown): void
}

// A long list is read in pieces of one revision, so that neither side holds all of it at once.
const pageSize = 2000

/** etcd, version 3: any number of servers may write to it. A revision is etcd's own. */
export class EtcdBackend implements Backend {
  readonly exclusive = false
  readonly #connection: Connection
  readonly #keys: KeySpace
  readonly #leases: Leases
  readonly #mark: ProgressMark
  readonly #latest: LatestRevision
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined

  /** Resolves once etcd has answered. */
  static async open(options: EtcdOptions): Promise<EtcdBackend> {
    const backend = new EtcdBackend(options)
    try {
      await backend.currentRevision()
      return backend
    } catch (error) {
      await backend.close()
      throw error
    }
  }

  private constructor(options: EtcdOptions) {
    const { compactionInterval = 0, leaseReuseSeconds, onError } = options
    this.#keys = new KeySpace(options)
    const connection = new Connection(options)
    this.#connection = connection
    this.#leases = new Leases({
      grant: (ID, TTL) => connection.call(leaseGrant, { ID, TTL }, { repeatable: false }),
      reuseSeconds: leaseReuseSeconds,
    })
    this.#mark = new ProgressMark(async () => {
      const { header } = await connection.ask(put, { key: this.#keys.mark, value: empty }, { repeatable: true })
      return header.revision
    })
    this.#latest = new LatestRevision(async () => {
      const { header } = await connection.ask(range, { key: this.#keys.mark, countOnly: true }, { repeatable: true })
      return header.revision
    })
    if (compactionInterval === 0) return
    const compactor = new Compactor(connection)
    this.#timer = setInterval(() => void compactor.round().catch((error) => onError?.(error)), compactionInterval)
    this.#timer.unref()
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen()
    const { kvs } = await this.#connection.ask(range, { key: this.#keys.keyOf(key) }, { repeatable: true })
    return kvs[0] && entryOf(key, kvs[0])
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#checkOpen()
    const { limit = 0 } = options
    const entries: Entry[] = []
    let { after, revision = 0 } = options
    for (;;) {
      const size = limit > 0 ? Math.min(limit - entries.length, pageSize) : pageSize
      const { kvs, count, header } = await this.#page(prefix, { after, revision, limit: size })
      if (revision === 0) revision = header.revision
      for (const kv of kvs) entries.push(entryOf(this.#keys.nameOf(kv.key) ?? '', kv))
      const remaining = count - kvs.length
      if (remaining === 0 || (limit > 0 && entries.length >= limit)) return { entries, revision, remaining }
      after = entries.at(-1)?.key
    }
  }

  async *pages(prefix: string): AsyncGenerator<Page> {
    this.#checkOpen()
    let revision = 0
    let after: string | undefined
    for (;;) {
      const { kvs, count, header } = await this.#page(prefix, { after, revision, limit: pageSize })
      if (revision === 0) revision = header.revision
      const entries = kvs.map((kv) => entryOf(this.#keys.nameOf(kv.key) ?? '', kv))
      yield { entries, revision }
      if (count === kvs.length) return
      after = entries.at(-1)?.key
    }
  }

  async #page(
    prefix: string,
    { after, revision, limit }: { after?: string | undefined; revision: number; limit: number },
  ) {
    const request = { ...this.#keys.under(prefix, after), revision, limit }
    try {
      return await this.#connection.call(range, request, { repeatable: true })
    } catch (error) {
      if (isCompacted(error)) throw new CompactedError(revision, await this.compactedRevision())
      if (isFuture(error)) throw new FutureRevisionError(revision, await this.currentRevision())
      throw translate(error)
    }
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen()
    const request = { ...this.#keys.under(prefix), countOnly: true }
    return (await this.#connection.ask(range, request, { repeatable: true })).count
  }

  async create(key: string, value: Uint8Array, { ttlSeconds = 0 }: WriteOptions = {}): Promise<WriteResult> {
    const refuse = () => new KeyExistsError(key)
    return this.#write({ key, value, ttlSeconds, expectedRevision: 0, refuse })
  }

  async update(
    key: string,
    value: Uint8Array,
    expectedRevision: number,
    { ttlSeconds = 0 }: WriteOptions = {},
  ): Promise<WriteResult> {
    const refuse = (current: Entry | undefined) => new RevisionMismatchError(key, expectedRevision, current)
    return this.#write({ key, value, ttlSeconds, expectedRevision, refuse })
  }

  async delete(key: string, expectedRevision: number): Promise<WriteResult> {
    const refuse = (current: Entry | undefined) => new RevisionMismatchError(key, expectedRevision, current)
    return this.#write({ key, value: undefined, ttlSeconds: 0, expectedRevision, refuse })
  }

  async #write(write: Write): Promise<WriteResult> {
    this.#checkOpen()
    const { ttlSeconds } = write
    for (let tries = 1; ; tries++) {
      let lease = 0
      try {
        if (ttlSeconds > 0) lease = await this.#leases.leaseFor(ttlSeconds)
        return await this.#writeOnce(write, lease)
      } catch (error) {
        if (!isLeaseNotFound(error) || tries > 1) throw translate(error)
        this.#leases.forget(lease)
      }
    }
  }

  async #writeOnce({ key: name, value, expectedRevision, refuse }: Write, lease: number): Promise<WriteResult> {
    const key = this.#keys.keyOf(name)
    const change: RequestOp = value ? { requestPut: { key, value, lease } } : { requestDeleteRange: { key } }
    const expected = { result: compareResult.equal, target: compareTarget.modRevision, modRevision: expectedRevision }
    const { succeeded, header, responses } = await this.#connection.call(
      txn,
      { compare: [{ ...expected, key }], success: [change], failure: [{ requestRange: { key } }] },
      { repeatable: false },
    )
    if (succeeded) return { revision: header.revision }
    const [current] = responses[0]?.responseRange?.kvs ?? []
    throw refuse(current && entryOf(name, current))
  }

  async *watch(prefix: string, { fromRevision, progress = false, signal }: WatchOptions): AsyncGenerator<WatchBatch> {
    this.#checkOpen()
    const ending = AbortSignal.any([signal, this.#closing.signal])
    const goal = await this.#latest.read().catch((error) => {
      if (!ending.aborted) throw error
    })
    if (goal === undefined) return
    const follower: Follower = { position: fromRevision || goal }
    let isPast = follower.position < goal
    if (progress && !isPast) yield { events: [], revision: follower.position }
    if (progress) this.#mark.add(follower)
    if (isPast) this.#mark.want(goal)
    try {
      for await (const { events, revision } of follow(this.#connection, this.#keys, {
        from: follower.position,
        signal: ending,
      })) {
        follower.position = revision
        const own = events.filter(({ key }) => key.startsWith(prefix))
        if (own.length > 0 || progress) yield { events: own, revision }
        if (!isPast || revision < goal) continue
        isPast = false
        if (progress && own.length > 0) yield { events: [], revision }
      }
    } finally {
      this.#mark.remove(follower)
    }
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    const current = await this.#latest.read()
    if (revision > current) throw new FutureRevisionError(revision, current)
    await compactTo(this.#connection, revision)
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen()
    const revision = await this.#latest.read()
    this.#mark.want(revision)
    return revision
  }

  /** etcd tells it only to those who ask for what is gone. */
  async isCompacted(revision: number): Promise<boolean> {
    this.#checkOpen()
    try {
      await this.#connection.call(range, { key: this.#keys.mark, revision, countOnly: true }, { repeatable: true })
      return false
    } catch (error) {
      if (isCompacted(error)) return true
      throw translate(error)
    }
  }

  async compactedRevision(): Promise<number> {
    if (!(await this.isCompacted(1))) return 0
    const key = this.#keys.mark
    const createRequest = { key, rangeEnd: empty, startRevision: 1 }
    try {
      for await (const { compactRevision } of this.#connection.stream(watch, { createRequest }, this.#closing.signal))
        if (compactRevision > 0) return compactRevision
    } catch (error) {
      throw translate(error)
    }
    throw closed()
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    clearInterval(this.#timer)
    this.#mark.close()
    this.#connection.close()
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closed()
  }
}

interface Write {
  key: string
  /** Undefined for a deletion. */
  value: Uint8Array | undefined
  ttlSeconds: number
  /** 0 wants the key absent. */
  expectedRevision: number
  refuse(current: Entry | undefined): Error
}

const empty = new Uint8Array()
const closed = () => new ClosedError('the store is closed')

const entryOf = (key: string, { value, createRevision, modRevision }: KeyValue): Entry => ({
  key,
  value,
  createRevision,
  modRevision,
})
