import type { Cancel, Clock } from '../clock.ts'

interface Timer {
  due: number
  order: number
  callback: () => void
}

/** Time that moves only when told to. Timers fire in the order in which they are due. */
export class FakeClock implements Clock {
  #now: number
  #elapsed = 0
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(start: number | string = '2026-01-01T00:00:00Z') {
    this.#now = typeof start === 'string' ? Date.parse(start) : start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, callback: () => void): Cancel {
    const timer: Timer = { due: this.#elapsed + Math.max(0, ms), order: this.#order++, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      })
      const aborted = () => {
        cancel()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on, fires what falls due, and lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settle()
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#moveTo(timer.due)
      this.#timers.delete(timer)
      timer.callback()
      await settle()
    }
    this.#moveTo(end)
    await settle()
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.due > end) continue
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer
    }
    return first
  }

  #moveTo(elapsed: number): void {
    if (elapsed <= this.#elapsed) return
    this.#now += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }
}

/** Lets every promise that can settle now do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
