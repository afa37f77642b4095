import type { Selector } from './selection.ts'
import type { WatchEvent } from './watch-event.ts'

// A watcher that lets more than this pile up is ended; it can come back and go on from where it was.
const maxUnread = 20_000

/** One watch: a queue of shared events, read in batches. */
export class Watcher implements AsyncIterableIterator<readonly WatchEvent[]> {
  readonly selector: Selector
  readonly bookmarks: boolean
  #unread: WatchEvent[] = []
  #reader: ((result: IteratorResult<readonly WatchEvent[]>) => void) | undefined
  #ended = false
  #onEnd: () => void

  constructor(selector: Selector, options: { bookmarks: boolean; signal: AbortSignal; onEnd: () => void }) {
    this.selector = selector
    this.bookmarks = options.bookmarks
    const abort = () => this.#stop()
    options.signal.addEventListener('abort', abort, { once: true })
    this.#onEnd = () => {
      options.signal.removeEventListener('abort', abort)
      options.onEnd()
    }
    if (options.signal.aborted) this.#stop()
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
    const value = this.#unread
    this.#unread = []
    reader({ done: false, value })
  }

  /** Lets the reader have what is queued, and then ends. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    this.flush()
    this.#reader?.({ done: true, value: undefined })
    this.#reader = undefined
  }

  next(): Promise<IteratorResult<readonly WatchEvent[]>> {
    if (this.#unread.length > 0) {
      const value = this.#unread
      this.#unread = []
      return Promise.resolve({ done: false, value })
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  async return(): Promise<IteratorResult<readonly WatchEvent[]>> {
    this.#stop()
    return { done: true, value: undefined }
  }

  #stop(): void {
    this.#unread = []
    this.end()
  }
}
