import type { Selector } from './selection.ts'
import { Turns } from './turns.ts'
import type { WatchEvent } from './watch-event.ts'

// A watcher that lets more than this pile up is ended; it can come back and go on from where it was.
const maxUnread = 20_000
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
  onEnd(): void
}

/** One watch: a queue of shared events, read in batches. */
export class Watcher implements AsyncIterableIterator<Batch> {
  readonly selector: Selector
  readonly bookmarks: boolean
  #first: Iterator<WatchEvent | undefined> | undefined
  #unread: WatchEvent[] = []
  #reader: ((result: Result) => void) | undefined
  #ended = false
  readonly #onInitialized: (() => void) | undefined
  #onEnd: () => void

  constructor(selector: Selector, { bookmarks, signal, first, onInitialized, onEnd }: WatcherOptions) {
    this.selector = selector
    this.bookmarks = bookmarks
    this.#first = first?.[Symbol.iterator]()
    this.#onInitialized = onInitialized
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

  /** Queues an event. `flush` wakes the reader, once for all events of a batch. */
  push(event: WatchEvent): void {
    if (this.#ended) return
    this.#unread.push(event)
    if (this.#unread.length > maxUnread) this.#stop()
  }

  flush(): void {
    const reader = this.#reader
    if (!reader || this.#unread.length === 0) return
    this.#reader = undefined
    reader(this.#take())
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
    const value = this.#unread
    this.#unread = []
    return { done: false, value }
  }

  #stop(): void {
    this.#first = undefined
    this.#unread = []
    this.end()
  }
}
