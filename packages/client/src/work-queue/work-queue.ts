import type { Cancel, Clock } from '@tandem/component-base'
import { ExponentialRateLimiter } from './rate-limiter.ts'

export interface WorkQueueOptions {
  clock: Clock
  baseDelayMs?: number
  maxDelayMs?: number
  /** Told how long each key waited for a worker. */
  onTaken?: (waitedMs: number) => void
}

interface Delayed {
  due: number
  cancel: Cancel
}

/**
 * Keys to be worked on. Fair; a key added many times is worked on once; a key added while it is worked on is worked on once more
 * afterwards, never twice at the same time.
 */
export class WorkQueue<Key extends string = string> {
  readonly #clock: Clock
  readonly #limiter: ExponentialRateLimiter<Key>
  readonly #onTaken: ((waitedMs: number) => void) | undefined
  /** Due keys in order, with the time since when. */
  readonly #waiting = new Map<Key, number>()
  readonly #processing = new Set<Key>()
  /** Added again while they were worked on. */
  readonly #again = new Set<Key>()
  readonly #delayed = new Map<Key, Delayed>()
  readonly #takers: ((key: Key | undefined) => void)[] = []
  #shutDown = false

  constructor({ clock, baseDelayMs, maxDelayMs, onTaken }: WorkQueueOptions) {
    this.#clock = clock
    this.#onTaken = onTaken
    this.#limiter = new ExponentialRateLimiter({
      ...(baseDelayMs !== undefined && { baseMs: baseDelayMs }),
      ...(maxDelayMs !== undefined && { maxMs: maxDelayMs }),
    })
  }

  /** Keys due and not yet taken. */
  get length(): number {
    return this.#waiting.size
  }

  get unfinished(): number {
    return this.#processing.size
  }

  add(key: Key): void {
    if (this.#shutDown) return
    if (this.#processing.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#waiting.has(key)) return
    this.#waiting.set(key, this.#clock.monotonic())
    const taker = this.#takers.shift()
    if (taker) taker(this.#take())
  }

  /** Of several delays of one key the shortest counts. */
  addAfter(key: Key, ms: number): void {
    if (this.#shutDown) return
    if (ms <= 0) {
      this.add(key)
      return
    }
    const due = this.#clock.monotonic() + ms
    const earlier = this.#delayed.get(key)
    if (earlier && earlier.due <= due) return
    earlier?.cancel()
    const cancel = this.#clock.after(Math.min(ms, maxTimerMs), () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { due, cancel })
  }

  /** Adds a key that failed, later with every failure since `forget`. */
  addRateLimited(key: Key): void {
    this.addAfter(key, this.#limiter.delay(key))
  }

  forget(key: Key): void {
    this.#limiter.forget(key)
  }

  failures(key: Key): number {
    return this.#limiter.failures(key)
  }

  /** The next key, which must be given back with `done`; undefined once the queue was shut down. */
  get(): Promise<Key | undefined> {
    if (this.#waiting.size > 0) return Promise.resolve(this.#take())
    if (this.#shutDown) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  done(key: Key): void {
    this.#processing.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  /** Takes no more keys; those already due are still handed out. */
  shutDown(): void {
    this.#shutDown = true
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  #take(): Key | undefined {
    for (const [key, since] of this.#waiting) {
      this.#waiting.delete(key)
      this.#processing.add(key)
      this.#onTaken?.(this.#clock.monotonic() - since)
      return key
    }
    return undefined
  }
}

/** Timers of Node fire at once beyond this. */
const maxTimerMs = 2 ** 31 - 1
