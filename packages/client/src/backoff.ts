import type { Clock } from '@tandem/component-base'

export interface BackoffOptions {
  initialMs: number
  maxMs: number
  factor?: number
  /** A wait is lengthened by up to this part of itself, so that many clients do not come back at once. */
  jitter?: number
  /** After this long without a failure the next one waits as the first did. */
  resetAfterMs?: number
}

/** Longer and longer waits while something keeps failing. */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  readonly #clock: Clock
  #next: number
  #last = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, options: BackoffOptions) {
    this.#options = { factor: 2, jitter: 1, resetAfterMs: 120_000, ...options }
    this.#clock = clock
    this.#next = this.#options.initialMs
  }

  reset(): void {
    this.#next = this.#options.initialMs
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { initialMs, maxMs, factor, jitter, resetAfterMs } = this.#options
    if (this.#clock.monotonic() - this.#last > resetAfterMs) this.#next = initialMs
    this.#last = this.#clock.monotonic()
    const wait = this.#next
    this.#next = Math.min(maxMs, wait * factor)
    return wait * (1 + Math.random() * jitter)
  }
}
