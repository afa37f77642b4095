import type {
  Backend,
  Entry,
  ListOptions,
  ListResult,
  StorageEvent,
  WatchBatch,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '../backend.ts'
import { ClosedError, CompactedError, FutureRevisionError, NoSpaceError } from '../errors.ts'
import { CommitQueue, type Write } from './commit-queue.ts'
import { History, type Retention, sweep } from './compactor.ts'
import { closeDatabase, type Database, openDatabase, reclaim, translateWrite } from './database.ts'
import { expiredBy } from './expiry.ts'
import { replay } from './history.ts'
import { list } from './listing.ts'
import { decodeState, endOf, headKey, revisionOfLog, type State, stateKey, valueKey } from './records.ts'
import { Room } from './room.ts'
import { Watcher, Watchers } from './watchers.ts'

export interface LevelOptions {
  directory: string
  /** How much history is kept: five minutes and 256 MiB unless given. */
  retention?: Partial<Retention>
  /** Milliseconds between looks at what to forget and what has expired. */
  interval?: number
  /** The clock, for tests. */
  now?(): number
  /** Free bytes below which writes are refused, so that the database never meets a full disk: 32 MiB unless given. */
  reserveBytes?: number
}

/** One directory, one process: present state and log of revisions in one LevelDB. */
export class LevelBackend implements Backend {
  readonly exclusive = true
  #database: Database
  #queue: CommitQueue
  #watchers = new Watchers()
  #history: History
  #room: Room
  #compacted: number
  #swept: number
  #sweeping: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #nextExpiry = 0
  #nextReclaim = 0
  #now: () => number
  #failure: unknown
  #closed = false

  static async open(options: LevelOptions): Promise<LevelBackend> {
    const database = await openDatabase(options.directory)
    const number = async (key: string) => Number((await database.get(key)) ?? 0)
    const compacted = await number('m:compacted')
    const [last] = await database.keys({ gt: 'h:', lt: endOf('h:'), reverse: true, limit: 1 }).all()
    const revision = Math.max(compacted, last === undefined ? 0 : revisionOfLog(last))
    const backend = new LevelBackend(database, options, { revision, compacted, swept: await number('m:swept') })
    await backend.#room.look()
    backend.#tick()
    return backend
  }

  private constructor(
    database: Database,
    options: LevelOptions,
    found: { revision: number; compacted: number; swept: number },
  ) {
    this.#database = database
    this.#now = options.now ?? Date.now
    this.#compacted = found.compacted
    this.#swept = found.swept
    this.#room = new Room(database.location, options.reserveBytes ?? 32 << 20)
    const retention = { milliseconds: 5 * 60_000, bytes: 256 << 20, ...options.retention }
    this.#history = new History(retention, { at: this.#now(), revision: found.revision, bytes: 0 })
    this.#queue = new CommitQueue({
      database,
      revision: found.revision,
      readState: (key) => this.#state(key),
      readValue: (revision) => database.getSync(valueKey(revision)),
      guard: (write) => this.#guard(write),
      committed: (events, revision) => this.#committed(events, revision),
      failed: (error) => {
        this.#failure = translateWrite(error, database.location)
        return this.#failure
      },
    })
    this.#timer = setInterval(() => this.#tick(), options.interval ?? 1000)
    this.#timer.unref()
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen()
    const state = this.#state(key)
    const value = state && this.#database.getSync(valueKey(state.modRevision))
    return value && { key, value, createRevision: state.createRevision, modRevision: state.modRevision }
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#checkOpen()
    const { revision } = options
    if (revision !== undefined && revision > this.#queue.revision)
      throw new FutureRevisionError(revision, this.#queue.revision)
    if (revision !== undefined && revision < this.#compacted) throw new CompactedError(revision, this.#compacted)
    const snapshot = this.#database.snapshot()
    try {
      // The snapshot may hold a batch that is on the disk and not yet acknowledged.
      const heads = this.#database.keys({
        gt: headKey(this.#queue.revision),
        lt: endOf('h:'),
        reverse: true,
        limit: 1,
        snapshot,
      })
      const known = this.#queue.revision
      const [last] = await heads.all()
      const current = last === undefined ? known : revisionOfLog(last)
      return await list(this.#database, { prefix, current, snapshot, options })
    } finally {
      await snapshot.close()
    }
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen()
    let count = 0
    const keys = this.#database.keys({ gte: stateKey(prefix), lt: endOf(stateKey(prefix)) })
    for (let some = await keys.nextv(1000); some.length > 0; some = await keys.nextv(1000)) count += some.length
    await keys.close()
    return count
  }

  create(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#write({ type: 'create', key, value, expectedRevision: 0, expiry: this.#expiry(options) })
  }

  update(key: string, value: Uint8Array, expectedRevision: number, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#write({ type: 'update', key, value, expectedRevision, expiry: this.#expiry(options) })
  }

  delete(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#write({ type: 'delete', key, value: undefined, expectedRevision, expiry: 0 })
  }

  async *watch(prefix: string, options: WatchOptions): AsyncGenerator<WatchBatch> {
    this.#checkOpen()
    const { signal, progress = false } = options
    const from = options.fromRevision || this.#queue.revision
    const watcher = new Watcher(prefix, from, progress)
    const abort = () => watcher.end()
    signal.addEventListener('abort', abort, { once: true })
    this.#watchers.add(watcher)
    try {
      watcher.behind = from < this.#queue.revision
      if (progress && !watcher.behind) yield { events: [], revision: this.#queue.revision }
      while (!watcher.ended && !signal.aborted) {
        if (watcher.behind) yield* this.#catchUp(watcher)
        for (const batch of watcher.take()) {
          const events = batch.events.filter(({ revision }) => revision > watcher.position)
          if (batch.revision <= watcher.position) continue
          watcher.position = batch.revision
          if (events.length > 0 || progress) yield { events, revision: batch.revision }
          if (signal.aborted) return
        }
        await watcher.news()
      }
    } finally {
      this.#watchers.remove(watcher)
      signal.removeEventListener('abort', abort)
    }
  }

  async *#catchUp(watcher: Watcher): AsyncGenerator<WatchBatch> {
    if (watcher.position < this.#compacted) throw new CompactedError(watcher.position, this.#compacted)
    const to = this.#queue.revision
    const { prefix, position: from } = watcher
    const snapshot = this.#database.snapshot()
    watcher.behind = false
    try {
      for await (const batch of replay(this.#database, { prefix, from, to, snapshot })) {
        watcher.position = batch.revision
        yield batch
        if (watcher.ended) return
      }
    } finally {
      await snapshot.close()
    }
    watcher.position = to
    if (watcher.progress) yield { events: [], revision: to }
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    if (revision > this.#queue.revision) throw new FutureRevisionError(revision, this.#queue.revision)
    if (revision > this.#compacted) {
      this.#compacted = revision
      await this.#database.put('m:compacted', Buffer.from(String(revision)), { sync: true })
    }
    while (this.#swept < this.#compacted && !this.#closed) {
      this.#sweeping ??= this.#sweep()
      await this.#sweeping
    }
  }

  async #sweep(): Promise<void> {
    const to = this.#compacted
    try {
      await sweep(this.#database, { from: this.#swept, to, stop: () => this.#closed })
      this.#swept = to
      await this.#reclaim()
    } finally {
      this.#sweeping = undefined
    }
  }

  async #reclaim(): Promise<void> {
    const now = this.#now()
    if (!this.#room.isShort() || this.#closed || now < this.#nextReclaim) return
    this.#nextReclaim = now + 60_000
    await reclaim(this.#database)
  }

  async currentRevision(): Promise<number> {
    return this.#queue.revision
  }

  async compactedRevision(): Promise<number> {
    return this.#compacted
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#watchers.end()
    await this.#queue.idle()
    await this.#sweeping
    await closeDatabase(this.#database)
  }

  #state(key: string): State | undefined {
    const bytes = this.#database.getSync(stateKey(key))
    return bytes && decodeState(bytes)
  }

  async #write(write: Write): Promise<WriteResult> {
    this.#checkOpen()
    return { revision: await this.#queue.add(write) }
  }

  #committed(events: StorageEvent[], revision: number): void {
    let bytes = 0
    for (const { value } of events) bytes += value.byteLength
    this.#history.wrote(bytes)
    this.#room.wrote(bytes)
    this.#watchers.publish(events, revision)
  }

  #guard({ value }: Write): void {
    if (this.#failure) throw this.#failure
    const room = value ? this.#room.has(value.byteLength) : this.#room.hasForDeletion()
    if (!room) throw new NoSpaceError(`no space left in ${this.#database.location}`)
  }

  #expiry({ ttlSeconds }: WriteOptions): number {
    if (!ttlSeconds) return 0
    const expiry = this.#now() + ttlSeconds * 1000
    this.#nextExpiry = Math.min(this.#nextExpiry, expiry)
    return expiry
  }

  #tick(): void {
    const now = this.#now()
    const revision = this.#history.mark(now, this.#queue.revision)
    const work: Promise<unknown>[] = [this.#room.look()]
    if (revision > this.#compacted) work.push(this.compact(revision))
    if (this.#nextExpiry <= now) work.push(this.#expire(now))
    // What fails here is tried again at the next tick.
    void Promise.allSettled(work)
  }

  async #expire(now: number): Promise<void> {
    this.#nextExpiry = Number.POSITIVE_INFINITY
    const { expired, next } = await expiredBy(this.#database, now)
    await Promise.allSettled(expired.map(({ key, revision }) => this.delete(key, revision)))
    this.#nextExpiry = Math.min(this.#nextExpiry, next ?? Number.POSITIVE_INFINITY)
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('the store is closed')
  }
}
