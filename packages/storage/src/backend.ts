/**
 * What the API server needs of a store, and all it may know of one. Keys are strings ordered by their UTF-8 bytes, values are bytes,
 * revisions are positive integers that grow with every write to the store. Storage never looks into a value.
 */
export interface Backend {
  /** No other process can write while this one has the store open: what was seen here is all there is. */
  readonly exclusive: boolean

  /** The value as it is, or undefined. Served from the present state; linearizable. */
  get(key: string): Promise<Entry | undefined>

  /**
   * All entries whose key starts with `prefix`, in key order.
   * `revision`: as of that revision (CompactedError when it is gone, FutureRevisionError when it has not happened).
   * `limit` and `after`: at most that many, with keys greater than `after`.
   */
  list(prefix: string, options?: ListOptions): Promise<ListResult>

  /**
   * All entries whose key starts with `prefix`, in key order, as of one revision, page by page: no more of them is in memory at once than
   * a page. There is at least one, if only to tell the revision.
   */
  pages(prefix: string): AsyncIterable<Page>

  /** Number of keys under the prefix, at the present revision. */
  count(prefix: string): Promise<number>

  /** Writes a new key. Throws KeyExistsError. Resolves, as every write does, only after the fsync that covers it. */
  create(key: string, value: Uint8Array, options?: WriteOptions): Promise<WriteResult>

  /** Replaces the value if its modification revision is `expectedRevision`. Throws RevisionMismatchError carrying the present entry. */
  update(key: string, value: Uint8Array, expectedRevision: number, options?: WriteOptions): Promise<WriteResult>

  /** Removes the key if its modification revision is `expectedRevision`. Throws RevisionMismatchError carrying the present entry. */
  delete(key: string, expectedRevision: number): Promise<WriteResult>

  /**
   * Every change under the prefix after `fromRevision`, in order, with no gap and no duplicate; `fromRevision` 0 means from now.
   * Events of one transaction of the log come in one batch, so that a consumer is woken once. Ends when the signal aborts or the
   * store closes; throws CompactedError when the revision is gone.
   */
  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch>

  /** Forgets history before `revision`: lists and watches from before it throw CompactedError. Never stalls writes. */
  compact(revision: number): Promise<void>

  /** Takes what was forgotten out of the files too, where a store would do so only in time. */
  purge?(): Promise<void>

  /** Would the value that lies there be kept otherwise if it were written now? Stores that keep values as they are do not say. */
  isStale?(key: string): Promise<boolean>

  /** The revision of the latest acknowledged write. */
  currentRevision(): Promise<number>

  /** The oldest revision that can still be listed or watched from. */
  compactedRevision(): Promise<number>

  /** Whether history up to and with this revision is gone. Cheaper than asking for the oldest that is left. */
  isCompacted(revision: number): Promise<boolean>

  close(): Promise<void>
}

export interface Entry {
  key: string
  value: Uint8Array
  createRevision: number
  modRevision: number
}

export interface ListOptions {
  revision?: number
  limit?: number
  after?: string
}

export interface ListResult {
  entries: Entry[]
  /** The revision at which the list is true. */
  revision: number
  /** How many entries under the prefix follow the last one returned. */
  remaining: number
}

export interface Page {
  entries: Entry[]
  /** The same in all pages. */
  revision: number
}

export interface WriteOptions {
  /** Seconds after which the store deletes the key by itself, as etcd's leases do. Events use it. */
  ttlSeconds?: number
}

export interface WriteResult {
  revision: number
}

export interface WatchOptions {
  fromRevision: number
  /**
   * Also yield batches without events: once when all of the past has been told, and then as the store goes on without this prefix.
   * Their revision is one up to which the consumer has seen everything.
   */
  progress?: boolean
  signal: AbortSignal
}

export interface WatchBatch {
  events: StorageEvent[]
  revision: number
}

export interface StorageEvent {
  type: 'create' | 'update' | 'delete'
  key: string
  /** The new value; for a delete, the last one. */
  value: Uint8Array
  /** The value before an update or delete. */
  previousValue?: Uint8Array
  previousRevision?: number
  revision: number
}
