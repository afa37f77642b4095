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
import { CompactedError, RevisionMismatchError } from '../errors.ts'
import { DecryptionError, isEncrypted, type Transformer } from './transformer.ts'

/** The transformer for what lies under a key; undefined for what is kept as it is. */
export type TransformerFor = (key: string) => Transformer | undefined

/** A store whose values are encrypted, over any other. Whoever uses it knows nothing of that. */
export class EncryptedBackend implements Backend {
  readonly #base: Backend
  #transformerFor: TransformerFor
  /** What this process wrote comes back in watches as the very bytes it gave away: they need not be decrypted. */
  readonly #written = new WeakMap<Uint8Array, Uint8Array>()

  constructor(base: Backend, transformerFor: TransformerFor) {
    this.#base = base
    this.#transformerFor = transformerFor
  }

  get exclusive(): boolean {
    return this.#base.exclusive
  }

  /** From now on writes are encrypted, and reads decrypted, in another way. */
  use(transformerFor: TransformerFor): void {
    this.#transformerFor = transformerFor
  }

  async get(key: string): Promise<Entry | undefined> {
    const entry = await this.#base.get(key)
    return entry && this.#opened(entry)
  }

  async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const result = await this.#base.list(prefix, options)
    try {
      return { ...result, entries: result.entries.map((entry) => this.#opened(entry)) }
    } catch (error) {
      throw options?.revision ? await this.#forgotten(error, options.revision) : error
    }
  }

  async *pages(prefix: string): AsyncGenerator<Page> {
    for await (const { entries, revision } of this.#base.pages(prefix))
      yield { entries: entries.map((entry) => this.#opened(entry)), revision }
  }

  count(prefix: string): Promise<number> {
    return this.#base.count(prefix)
  }

  create(key: string, value: Uint8Array, options?: WriteOptions): Promise<WriteResult> {
    return this.#base.create(key, this.#sealed(key, value), options)
  }

  async update(key: string, value: Uint8Array, expectedRevision: number, options?: WriteOptions): Promise<WriteResult> {
    return this.#base.update(key, this.#sealed(key, value), expectedRevision, options).catch(this.#openMismatch)
  }

  async delete(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#base.delete(key, expectedRevision).catch(this.#openMismatch)
  }

  async *watch(prefix: string, options: WatchOptions): AsyncGenerator<WatchBatch> {
    for await (const { events, revision } of this.#base.watch(prefix, options))
      try {
        yield { events: events.map((event) => this.#openedEvent(event)), revision }
      } catch (error) {
        throw await this.#forgotten(error, options.fromRevision)
      }
  }

  compact(revision: number): Promise<void> {
    return this.#base.compact(revision)
  }

  async purge(): Promise<void> {
    await this.#base.purge?.()
  }

  currentRevision(): Promise<number> {
    return this.#base.currentRevision()
  }

  isCompacted(revision: number): Promise<boolean> {
    return this.#base.isCompacted(revision)
  }

  compactedRevision(): Promise<number> {
    return this.#base.compactedRevision()
  }

  close(): Promise<void> {
    return this.#base.close()
  }

  /** Would the same value be written otherwise now: under another key, or encrypted at all? */
  async isStale(key: string): Promise<boolean> {
    const transformer = this.#transformerFor(key)
    if (!transformer) return false
    const entry = await this.#base.get(key)
    return entry !== undefined && transformer.decrypt(entry.value, key).stale
  }

  #sealed(key: string, value: Uint8Array): Uint8Array {
    const transformer = this.#transformerFor(key)
    if (!transformer) return value
    const sealed = transformer.encrypt(value, key)
    this.#written.set(sealed, value)
    return sealed
  }

  #open(key: string, stored: Uint8Array): Uint8Array {
    const transformer = this.#transformerFor(key)
    if (transformer) return this.#written.get(stored) ?? transformer.decrypt(stored, key).value
    if (isEncrypted(stored)) throw new DecryptionError(`${key}: identity transformer tried to read encrypted data`)
    return stored
  }

  #opened(entry: Entry): Entry {
    const value = this.#open(entry.key, entry.value)
    return value === entry.value ? entry : { ...entry, value }
  }

  #openedEvent(event: StorageEvent): StorageEvent {
    const { key, previousValue } = event
    const value = this.#open(key, event.value)
    if (value === event.value) return event
    const opened = { ...event, value }
    // Few look at it, and it may be under a key that is gone.
    if (previousValue)
      Object.defineProperty(opened, 'previousValue', { enumerable: true, get: () => this.#open(key, previousValue) })
    return opened
  }

  readonly #openMismatch = (error: unknown): never => {
    if (error instanceof RevisionMismatchError && error.current) {
      const { key, modRevision } = error.current
      throw new RevisionMismatchError(key, modRevision, this.#opened(error.current))
    }
    throw error
  }

  /** A past that was written under a key that is gone is a past that is gone. */
  async #forgotten(error: unknown, revision: number): Promise<unknown> {
    return error instanceof DecryptionError ? new CompactedError(revision, await this.#base.currentRevision()) : error
  }
}
