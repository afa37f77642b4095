import type { Backlog } from './backlog.ts'
import type { Selector } from './selection.ts'
import { Turns } from './turns.ts'
import type { WatchEvent } from './watch-event.ts'

// A watcher that lets more than this pile up is ended; it can come back and go on from where it was.
const maxUnread = 20_000
const maxUnreadBytes = 16 << 20
// Of what has piled up, as much as is handed over, and then written, in one go.
const maxBatchBytes = 256 << 10
// What a watch begins with may be all objects there are: they are handed over in pieces.
const maxBatch = 500

type Batch = readonly WatchEvent[]
type Result = IteratorResult<Batch>
const over: Result = { done: true, value: undefined }

export interface WatcherOptions {
  bookmarks: boolean
  signal: AbortSignal
  /** What comes before all that is pushed, made as it is read. Undefined stands for an object that is passed over. */
  first?: Iterable<WatchEvent | undefined>
  /** Called when the last of these has been read. */
  onInitialized?: (() => void) | undefined
  /** Counts what this watcher and others have not read yet. */
  backlog?: Backlog | undefined
  /** Called when the watcher is ended because it does not keep up. */
  onDrop?: (() => void) | undefined
  onEnd(): void
}

/** One watch: a queue of shared events, read in batches. */
export class Watcher implements AsyncIterableIterator<Batch> {
  readonly selector: Selector
  readonly bookmarks: boolean
  #first: Iterator<WatchEvent | undefined> | undefined
  #unread: WatchEvent[] = []
  /** Of `#unread`, how many were read. */
  #read = 0
  #bytes = 0
  #reader: ((result: Result) => void) | undefined
  #ended = false
  readonly #onInitialized: (() => void) | undefined
  readonly #backlog: Backlog | undefined
  readonly #onDrop: (() => void) | undefined
  #onEnd: () => void

  constructor(selector: Selector, { bookmarks, signal, first, onInitialized, backlog, onDrop, onEnd }: WatcherOptions) {
    this.selector = selector
    this.bookmarks = bookmarks
    this.#first = first?.[Symbol.iterator]()
    this.#onInitialized = onInitialized
    this.#backlog = backlog
    this.#onDrop = onDrop
    const abort = () => this.#stop()
    signal.addEventListener('abort', abort, { once: true })
    this.#onEnd = () => {
      signal.removeEventListener('abort', abort)
      onEnd()
    }
    if (signal.aborted) this.#stop()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** What waits to be read, in bytes of the objects. */
  get unreadBytes(): number {
    return this.#bytes
  }

  /** Queues an event. `flush` wakes the reader, once for all events of a batch. */
  push(event: WatchEvent): void {
    if (this.#ended) return
    this.#unread.push(event)
    this.#bytes += event.bytes
    this.#backlog?.add(event, this)
    if (this.#unread.length - this.#read > maxUnread || this.#bytes > maxUnreadBytes) this.drop()
  }

  flush(): void {
    const reader = this.#reader
    if (!reader || this.#unread.length === 0) return
    this.#reader = undefined
    reader(this.#take())
  }

  /** Ends the watcher and lets go of all it has not read. */
  drop(): void {
    if (this.#ended) return
    this.#stop()
    this.#onDrop?.()
  }

  /** Lets the reader have what is queued, and then ends. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    this.flush()
    this.#reader?.(over)
    this.#reader = undefined
  }

  next(): Promise<Result> {
    if (this.#first) return this.#nextOfFirst(this.#first)
    if (this.#unread.length > 0) return Promise.resolve(this.#take())
    if (this.#ended) return Promise.resolve(over)
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  async return(): Promise<Result> {
    this.#stop()
    return over
  }

  async #nextOfFirst(first: Iterator<WatchEvent | undefined>): Promise<Result> {
    const batch: WatchEvent[] = []
    const turns = new Turns()
    while (batch.length < maxBatch) {
      const { done, value } = first.next()
      if (done) {
        this.#first = undefined
        this.#onInitialized?.()
        break
      }
      if (value) batch.push(value)
      const turn = turns.take()
      if (turn) await turn
    }
    if (batch.length === 0) return this.next()
    // Others have their turn between two batches.
    if (this.#first) await new Promise((resolve) => setImmediate(resolve))
    return { done: false, value: batch }
  }

  #take(): Result {
    const value: WatchEvent[] = []
    let bytes = 0
    while (this.#read < this.#unread.length && bytes < maxBatchBytes) {
      const event = this.#unread[this.#read++] as WatchEvent
      bytes += event.bytes
      value.push(event)
      this.#backlog?.remove(event)
    }
    this.#bytes -= bytes
    if (this.#read === this.#unread.length) this.#forgetUnread()
    // Moved in one go, once in a while.
    else if (this.#read > 1024 && this.#read > this.#unread.length / 2) {
      this.#unread = this.#unread.slice(this.#read)
      this.#read = 0
    }
    return { done: false, value }
  }

  #forgetUnread(): void {
    for (let i = this.#read; i < this.#unread.length; i++) this.#backlog?.remove(this.#unread[i] as WatchEvent)
    this.#unread = []
    this.#read = 0
    this.#bytes = 0
    this.#backlog?.caughtUp(this)
  }

  #stop(): void {
    this.#first = undefined
    this.#forgetUnread()
    this.end()
  }
}
