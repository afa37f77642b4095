import type { StorageEvent } from '../backend.ts'
import { KeyExistsError, RevisionMismatchError } from '../errors.ts'
import type { Operation } from './database.ts'
import { encodeHead, encodeState, expiryKey, headKey, type State, stateKey, valueKey } from './records.ts'

/** One write that waits for its turn. `expectedRevision` 0 wants the key absent. */
export interface Write {
  type: StorageEvent['type']
  key: string
  value: Uint8Array | undefined
  expectedRevision: number
  expiry: number
}

export interface CommitQueueOptions {
  revision: number
  readState(key: string): State | undefined
  readValue(revision: number): Buffer | undefined
  /** Refuses a write by throwing, for want of room. */
  guard(write: Write): void
  /** Resolves once all of it is on the disk; one call at a time. */
  commit(operations: Operation[]): Promise<void>
  /**
   * After a commit failed: finds out what is on the disk, and makes that one can go on from there. Returns undefined when the batch with
   * this last revision is there after all, else what to tell its writers: it is not there and will not come.
   */
  recover(failure: unknown, revision: number): Promise<unknown>
  /** Called once a batch is on the disk, before its writers learn of it. */
  committed(events: StorageEvent[], revision: number): void
}

interface Waiting {
  write: Write
  resolve(revision: number): void
  reject(error: unknown): void
}

interface Upkeep {
  operations: Operation[]
  resolve(): void
  reject(error: unknown): void
}

interface Staged {
  state: State | undefined
  value: Uint8Array | undefined
}

/** What one batch is made of. */
interface Draft {
  operations: Operation[]
  events: StorageEvent[]
  accepted: { waiting: Waiting; revision: number }[]
  refused: { waiting: Waiting; error: unknown }[]
  revision: number
}

// A batch is made in one go on the event loop: these bounds keep that short.
const maxBatchWrites = 512
const maxBatchBytes = 4 << 20

/**
 * Group commit. While one batch is being synced, writes wait; all that wait make up the next batch. Each is checked against the state
 * that the writes before it leave behind, so nothing has to be undone when a batch fails: it fails as a whole. Nothing is written to the
 * database but here, so at most one record of its log is not yet synced.
 */
export class CommitQueue {
  #waiting: Waiting[] = []
  #upkeep: Upkeep[] = []
  #running = false
  #idle: (() => void)[] = []
  #options: CommitQueueOptions
  /** The revision of the latest write that is on the disk. */
  revision: number

  constructor(options: CommitQueueOptions) {
    this.#options = options
    this.revision = options.revision
  }

  add(write: Write): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject })
      this.#start()
    })
  }

  /** What the store writes for itself: it goes with the next batch, and costs writers no sync of its own. */
  maintain(operations: Operation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#upkeep.push({ operations, resolve, reject })
      this.#start()
    })
  }

  /** Those who wait have written nothing, and need not wait for what becomes of a batch that failed. */
  refuseWaiting(reason: unknown): void {
    refuse(this.#waiting.splice(0), reason)
  }

  /** Resolves when nothing is waiting or being written. */
  idle(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve()
  }

  #start(): void {
    if (this.#running) return
    this.#running = true
    // What else arrives in this turn of the event loop goes into the same batch.
    setImmediate(() => this.#run())
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#upkeep.length > 0) await this.#commit(this.#take(), this.#upkeep.splice(0))
    this.#running = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { write } of this.#waiting) {
      bytes += write.value?.byteLength ?? 0
      if (count > 0 && (count >= maxBatchWrites || bytes > maxBatchBytes)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #commit(batch: Waiting[], upkeep: Upkeep[]): Promise<void> {
    const draft = this.#draft(batch)
    const operations = draft.operations.concat(...upkeep.map(({ operations }) => operations))
    try {
      if (operations.length > 0) await this.#options.commit(operations)
    } catch (failure) {
      const reason = await this.#options.recover(failure, draft.revision).catch((error: unknown) => error)
      for (const { reject } of upkeep) reject(failure)
      if (reason !== undefined && draft.events.length > 0) return refuse(batch, reason)
    }
    const { events, revision, accepted, refused } = draft
    this.revision = revision
    if (events.length > 0) this.#options.committed(events, revision)
    for (const { resolve } of upkeep) resolve()
    for (const { waiting, revision } of accepted) waiting.resolve(revision)
    // Only now: what a refused write learns to be there may be part of this batch.
    for (const { waiting, error } of refused) waiting.reject(error)
  }

  #draft(batch: Waiting[]): Draft {
    const draft: Draft = { operations: [], events: [], accepted: [], refused: [], revision: this.revision }
    const staged = new Map<string, Staged>()
    for (const waiting of batch) {
      try {
        this.#options.guard(waiting.write)
        draft.events.push(this.#stage(waiting.write, draft.revision + 1, staged, draft.operations))
        draft.accepted.push({ waiting, revision: ++draft.revision })
      } catch (error) {
        draft.refused.push({ waiting, error })
      }
    }
    return draft
  }

  #stage(write: Write, revision: number, staged: Map<string, Staged>, operations: Operation[]): StorageEvent {
    const { key, type, value, expectedRevision, expiry } = write
    const before = staged.get(key) ?? { state: this.#options.readState(key), value: undefined }
    const { state } = before
    const previousValue = state && (before.value ?? this.#options.readValue(state.modRevision))
    if (type === 'create' && state) throw new KeyExistsError(key)
    if (type !== 'create' && state?.modRevision !== expectedRevision) {
      const current = state && previousValue && { key, value: previousValue, ...revisionsOf(state) }
      throw new RevisionMismatchError(key, expectedRevision, current)
    }
    const createRevision = state?.createRevision ?? revision
    const previousRevision = state?.modRevision ?? 0
    const head = encodeHead({ type, key, createRevision, previousRevision })
    operations.push({ type: 'put', key: headKey(revision), value: head })
    if (state?.expiry) operations.push({ type: 'del', key: expiryKey(state.expiry, state.modRevision) })
    if (value === undefined) {
      operations.push({ type: 'del', key: stateKey(key) })
      staged.set(key, { state: undefined, value: undefined })
    } else {
      const next = { createRevision, modRevision: revision, expiry }
      operations.push({ type: 'put', key: valueKey(revision), value: asBuffer(value) })
      operations.push({ type: 'put', key: stateKey(key), value: encodeState(next) })
      if (expiry) operations.push({ type: 'put', key: expiryKey(expiry, revision), value: Buffer.from(key) })
      staged.set(key, { state: next, value })
    }
    const event: StorageEvent = { type, key, value: value ?? previousValue ?? empty, revision }
    if (state && previousValue) Object.assign(event, { previousValue, previousRevision })
    return event
  }
}

const empty = new Uint8Array()

const revisionsOf = ({ createRevision, modRevision }: State) => ({ createRevision, modRevision })

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function refuse(writes: readonly Waiting[], reason: unknown): void {
  for (const { reject } of writes) reject(reason)
}
