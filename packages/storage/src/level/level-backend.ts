import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Backend,
  Entry,
  ListOptions,
  ListResult,
  Page,
  StorageEvent,
  WatchBatch,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '../backend.ts'
import type { Backup } from '../backup/backup.ts'
import { ClosedError, CompactedError, FutureRevisionError, NoSpaceError } from '../errors.ts'
import { entriesOf } from './backup.ts'
import { CommitQueue, type Write } from './commit-queue.ts'
import { History, type Retention, sweep } from './compactor.ts'
import { type Operation, reclaim, translateWrite } from './database.ts'
import { DirectorySync } from './directory-sync.ts'
import { expiredBy } from './expiry.ts'
import { follow } from './following.ts'
import { type Found, markOfStart, readFound } from './found.ts'
import { Handle } from './handle.ts'
import { lastHead } from './history.ts'
import type { IntegrityCheck } from './integrity.ts'
import { list, pages, readState } from './listing.ts'
import { endOf, stateKey, valueKey } from './records.ts'
import { Room } from './room.ts'
import { Watchers } from './watchers.ts'

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
  /** How much is read before the store opens: `quick` unless given. */
  integrityCheck?: IntegrityCheck
  /** Told when the state of the store changes that its operator must know of. */
  onAlarm?(alarm: Alarm): void
}

/** As etcd's alarms: NOSPACE is raised when writes begin to be refused, and cleared when they are taken again. */
export interface Alarm {
  type: 'NOSPACE'
  state: 'raised' | 'cleared'
  message: string
}

/** A store that lives this long makes itself a reserve on the disk: those of tests and tools do not. */
const reserveAfter = 10_000

/** One directory, one process: present state and log of revisions in one LevelDB. */
export class LevelBackend implements Backend {
  readonly exclusive = true
  readonly #handle: Handle
  readonly #directorySync: DirectorySync
  readonly #queue: CommitQueue
  readonly #watchers = new Watchers()
  readonly #history: History
  readonly #room: Room
  readonly #options: LevelOptions
  readonly #interval: number
  readonly #now: () => number
  readonly #openedAt: number
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  #compacted: number
  #swept: number
  #sweeping: Promise<void> | undefined
  #ticking: Promise<unknown> | undefined
  #nextExpiry = 0
  #nextReclaim = 0
  #alarmed = false

  static async open(options: LevelOptions): Promise<LevelBackend> {
    const handle = await Handle.open(options.directory, options.integrityCheck)
    try {
      const backend = new LevelBackend(handle, options, await handle.read(readFound))
      await backend.#room.look()
      backend.#tick()
      return backend
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  private constructor(handle: Handle, options: LevelOptions, { revision, compacted, swept, marks }: Found) {
    const { directory, interval = 1000, now = Date.now, reserveBytes = 32 << 20 } = options
    this.#handle = handle
    this.#options = options
    this.#interval = interval
    this.#now = now
    this.#openedAt = now()
    this.#compacted = compacted
    this.#swept = swept
    this.#directorySync = new DirectorySync(directory)
    this.#room = new Room({ directory, reserveBytes })
    const retention = { milliseconds: 5 * 60_000, bytes: 256 << 20, ...options.retention }
    this.#history = new History(retention, [...marks, markOfStart(now(), revision, marks, retention)])
    this.#queue = new CommitQueue({
      revision,
      readState: (key) => readState(handle.database, key),
      readValue: (revision) => handle.database.getSync(valueKey(revision)),
      guard: (write) => this.#guard(write),
      commit: (operations) => this.#commit(operations),
      recover: (failure, revision) => this.#recover(failure, revision),
      committed: (events, revision) => this.#committed(events, revision),
    })
    this.#timer = setInterval(() => this.#tick(), interval)
    this.#timer.unref()
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen()
    return this.#handle.read((database) => {
      const state = readState(database, key)
      const value = state && database.getSync(valueKey(state.modRevision))
      return value && { key, value, createRevision: state.createRevision, modRevision: state.modRevision }
    })
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#checkOpen()
    return this.#handle.read(async (database) => {
      const { revision } = options
      const known = this.#queue.revision
      if (revision !== undefined && revision > known) throw new FutureRevisionError(revision, known)
      if (revision !== undefined && revision < this.#compacted) throw new CompactedError(revision, this.#compacted)
      const snapshot = database.snapshot()
      try {
        // The snapshot may hold a batch that is on the disk and not yet acknowledged.
        const current = (await lastHead(database, { after: known, snapshot })) ?? known
        return await list(database, { prefix, current, snapshot, options })
      } finally {
        await snapshot.close()
      }
    })
  }

  async *pages(prefix: string): AsyncGenerator<Page> {
    this.#checkOpen()
    const database = await this.#handle.hold()
    const known = this.#queue.revision
    const snapshot = database.snapshot()
    try {
      const revision = (await lastHead(database, { after: known, snapshot })) ?? known
      for await (const entries of pages(database, { prefix, snapshot })) yield { entries, revision }
    } finally {
      await snapshot.close()
      this.#handle.release()
    }
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen()
    return this.#handle.read(async (database) => {
      let count = 0
      const keys = database.keys({ gte: stateKey(prefix), lt: endOf(stateKey(prefix)) })
      for (let some = await keys.nextv(1000); some.length > 0; some = await keys.nextv(1000)) count += some.length
      await keys.close()
      return count
    })
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
    const source = {
      handle: this.#handle,
      watchers: this.#watchers,
      revision: () => this.#queue.revision,
      compacted: () => this.#compacted,
    }
    yield* follow(source, prefix, options)
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    if (revision > this.#queue.revision) throw new FutureRevisionError(revision, this.#queue.revision)
    if (revision > this.#compacted) {
      this.#compacted = revision
      await this.#queue.maintain([{ type: 'put', key: 'm:compacted', value: Buffer.from(String(revision)) }])
    }
    while (this.#swept < this.#compacted && !this.#closed) {
      this.#sweeping ??= this.#sweep()
      await this.#sweeping
    }
  }

  /**
   * LevelDB rewrites a file only together with what lies above it. So after what is in memory has become a file, one above all files is
   * made of two deletions of nothing, and merged into them; and once more, for what somebody was reading just then.
   */
  async purge(): Promise<void> {
    this.#checkOpen()
    await this.#handle.read(reclaim)
    for (let round = 0; round < 2 && !this.#closed; round++) {
      await this.#queue.maintain(['a:', 'y:'].map((key) => ({ type: 'del', key })))
      await this.#handle.read(reclaim)
    }
  }

  async #sweep(): Promise<void> {
    const to = this.#compacted
    const write = (operations: Operation[]) => this.#queue.maintain(operations)
    try {
      await sweep(this.#handle, { from: this.#swept, to, stopped: () => this.#closed, write })
      if (!this.#closed) this.#swept = to
      await this.#reclaim()
    } finally {
      this.#sweeping = undefined
    }
  }

  async #reclaim(): Promise<void> {
    const now = this.#now()
    if (!this.#room.isShort() || this.#closed || now < this.#nextReclaim) return
    this.#nextReclaim = now + 60_000
    await this.#handle.read(reclaim)
  }

  /** Everything as of one revision, while writing goes on. Its entries are to be read, or what was deleted meanwhile is kept. */
  async backup(attributes: Readonly<Record<string, string>> = {}): Promise<Backup> {
    this.#checkOpen()
    return this.#handle.read(async (database) => {
      const snapshot = database.snapshot()
      const last = await lastHead(database, { after: 0, snapshot })
      const revision = Math.max(last ?? 0, this.#compacted)
      const created = new Date(this.#now()).toISOString()
      return { header: { revision, created, attributes }, entries: entriesOf(this.#handle, database, snapshot) }
    })
  }

  async currentRevision(): Promise<number> {
    return this.#queue.revision
  }

  async isCompacted(revision: number): Promise<boolean> {
    return revision < this.#compacted
  }

  async compactedRevision(): Promise<number> {
    return this.#compacted
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closing.abort()
    clearInterval(this.#timer)
    this.#watchers.end()
    await this.#queue.idle()
    await this.#sweeping?.catch(() => undefined)
    await this.#ticking
    await this.#handle.close()
    this.#directorySync.close()
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  async #write(write: Write): Promise<WriteResult> {
    this.#checkOpen()
    return { revision: await this.#queue.add(write) }
  }

  async #commit(operations: Operation[]): Promise<void> {
    try {
      await this.#handle.database.batch(operations, { sync: true })
      await this.#directorySync.settle()
    } catch (error) {
      throw translateWrite(error, this.#handle.directory)
    }
  }

  /**
   * LevelDB leaves open whether a write that failed is in its log, and what it writes behind a torn record is lost when the log is read
   * again. So it is opened anew, which reads the log, before anything else is written; the batch is then there as a whole or not at all.
   */
  async #recover(failure: unknown, revision: number): Promise<unknown> {
    if (failure instanceof NoSpaceError) {
      this.#room.exhausted()
      this.#raise()
    }
    this.#queue.refuseWaiting(failure)
    await this.#room.release()
    await this.#handle.reopen(async (error) => {
      this.#queue.refuseWaiting(error)
      await sleep(this.#interval, undefined, { signal: this.#closing.signal }).catch(() => this.#checkOpen())
    })
    const found = (await this.#handle.read((database) => lastHead(database, { after: 0 }))) ?? 0
    return found >= revision ? undefined : failure
  }

  #committed(events: StorageEvent[], revision: number): void {
    let bytes = 0
    for (const { value } of events) bytes += value.byteLength
    this.#history.wrote(bytes)
    this.#room.wrote(bytes)
    this.#watchers.publish(events, revision)
  }

  #guard({ value }: Write): void {
    const room = value ? this.#room.has(value.byteLength) : this.#room.hasForDeletion()
    if (room) return
    this.#raise()
    throw new NoSpaceError(`no space left in ${this.#handle.directory}`)
  }

  #raise(): void {
    if (this.#alarmed) return
    this.#alarmed = true
    const message = `no space left in ${this.#handle.directory}: writes are refused until there is`
    this.#options.onAlarm?.({ type: 'NOSPACE', state: 'raised', message })
  }

  #clear(): void {
    if (!this.#alarmed || !this.#room.has(0)) return
    this.#alarmed = false
    const message = `there is space again in ${this.#handle.directory}: writes are taken`
    this.#options.onAlarm?.({ type: 'NOSPACE', state: 'cleared', message })
  }

  #expiry({ ttlSeconds }: WriteOptions): number {
    if (!ttlSeconds) return 0
    const expiry = this.#now() + ttlSeconds * 1000
    this.#nextExpiry = Math.min(this.#nextExpiry, expiry)
    return expiry
  }

  #tick(): void {
    const now = this.#now()
    const work: Promise<unknown>[] = [this.#lookAtRoom(now)]
    const marked = this.#history.mark(now, this.#queue.revision) === 'marked'
    if (this.#room.hasForDeletion()) {
      if (marked) work.push(this.#keepMarks())
      const revision = this.#history.forget(now)
      if (revision > this.#compacted) work.push(this.compact(revision))
      if (this.#nextExpiry <= now) work.push(this.#expire(now))
    }
    // What fails here is tried again at the next tick.
    this.#ticking = Promise.allSettled(work)
  }

  async #lookAtRoom(now: number): Promise<void> {
    await this.#room.look()
    this.#clear()
    if (now - this.#openedAt >= reserveAfter && !this.#closed) await this.#room.fill()
  }

  #keepMarks(): Promise<void> {
    return this.#queue.maintain([
      { type: 'put', key: 'm:marks', value: Buffer.from(JSON.stringify(this.#history.marks)) },
    ])
  }

  async #expire(now: number): Promise<void> {
    this.#nextExpiry = Number.POSITIVE_INFINITY
    const { expired, next } = await this.#handle.read((database) => expiredBy(database, now))
    await Promise.allSettled(expired.map(({ key, revision }) => this.delete(key, revision)))
    this.#nextExpiry = Math.min(this.#nextExpiry, next ?? Number.POSITIVE_INFINITY)
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('the store is closed')
  }
}
