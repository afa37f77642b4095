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
} from './backend.ts'
import { CompactedError, FutureRevisionError, RevisionMismatchError } from './errors.ts'

/**
 * A store whose revisions are told as so much greater than they are. What was moved from another store goes on from that one's last
 * revision so: what a client has seen there never comes again with another meaning.
 */
export class ShiftedBackend implements Backend {
  readonly exclusive: boolean
  readonly #backend: Backend
  readonly #offset: number

  constructor(backend: Backend, offset: number) {
    this.exclusive = backend.exclusive
    this.#backend = backend
    this.#offset = offset
  }

  async get(key: string): Promise<Entry | undefined> {
    const entry = await this.#backend.get(key)
    return entry && this.#entry(entry)
  }

  async list(prefix: string, { revision, ...options }: ListOptions = {}): Promise<ListResult> {
    if (revision !== undefined) await this.#mustBeKnown(revision)
    const at = revision === undefined ? {} : { revision: revision - this.#offset }
    const listed = await this.#told(this.#backend.list(prefix, { ...options, ...at }))
    const entries = listed.entries.map((entry) => this.#entry(entry))
    return { ...listed, entries, revision: listed.revision + this.#offset }
  }

  async *pages(prefix: string): AsyncGenerator<Page> {
    try {
      for await (const { entries, revision } of this.#backend.pages(prefix))
        yield { entries: entries.map((entry) => this.#entry(entry)), revision: revision + this.#offset }
    } catch (error) {
      throw this.#error(error)
    }
  }

  count(prefix: string): Promise<number> {
    return this.#backend.count(prefix)
  }

  create(key: string, value: Uint8Array, options?: WriteOptions): Promise<WriteResult> {
    return this.#result(this.#backend.create(key, value, options))
  }

  update(key: string, value: Uint8Array, expectedRevision: number, options?: WriteOptions): Promise<WriteResult> {
    return this.#result(this.#backend.update(key, value, expectedRevision - this.#offset, options))
  }

  delete(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#result(this.#backend.delete(key, expectedRevision - this.#offset))
  }

  async *watch(prefix: string, { fromRevision, ...options }: WatchOptions): AsyncGenerator<WatchBatch> {
    if (fromRevision > 0) await this.#mustBeKnown(fromRevision)
    const from = fromRevision > 0 ? fromRevision - this.#offset : 0
    try {
      for await (const { events, revision } of this.#backend.watch(prefix, { ...options, fromRevision: from }))
        yield { events: events.map((event) => this.#event(event)), revision: revision + this.#offset }
    } catch (error) {
      throw this.#error(error)
    }
  }

  compact(revision: number): Promise<void> {
    return this.#told(this.#backend.compact(Math.max(1, revision - this.#offset)))
  }

  async currentRevision(): Promise<number> {
    return (await this.#backend.currentRevision()) + this.#offset
  }

  async isCompacted(revision: number): Promise<boolean> {
    return revision <= this.#offset || this.#backend.isCompacted(revision - this.#offset)
  }

  async compactedRevision(): Promise<number> {
    return (await this.#backend.compactedRevision()) + this.#offset
  }

  close(): Promise<void> {
    return this.#backend.close()
  }

  /** What the other store did is not to be found in this one. */
  async #mustBeKnown(revision: number): Promise<void> {
    if (revision <= this.#offset) throw new CompactedError(revision, await this.compactedRevision())
  }

  #entry(entry: Entry): Entry {
    const { createRevision, modRevision } = entry
    return { ...entry, createRevision: createRevision + this.#offset, modRevision: modRevision + this.#offset }
  }

  #event({ revision, previousRevision, ...event }: StorageEvent): StorageEvent {
    return {
      ...event,
      revision: revision + this.#offset,
      ...(previousRevision !== undefined && { previousRevision: previousRevision + this.#offset }),
    }
  }

  async #result(result: Promise<WriteResult>): Promise<WriteResult> {
    return { revision: (await this.#told(result)).revision + this.#offset }
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw this.#error(error)
    }
  }

  #error(error: unknown): unknown {
    const offset = this.#offset
    if (error instanceof CompactedError)
      return new CompactedError(error.requested + offset, error.compactedRevision + offset)
    if (error instanceof FutureRevisionError)
      return new FutureRevisionError(error.requested + offset, error.currentRevision + offset)
    if (error instanceof RevisionMismatchError)
      return new RevisionMismatchError(error.key, error.expected + offset, error.current && this.#entry(error.current))
    return error
  }
}
