import type { Cancel, Clock } from '@tandem/component-base'

export interface SyncRunnerOptions {
  clock: Clock
  /** Must not be called while it runs; the runner sees to that. Rejecting has it tried again. */
  sync: () => Promise<void>
  /** Between the starts of two syncs, at least. What is requested meanwhile is done in one. */
  minIntervalMs: number
  /** First wait after a failure; it doubles up to `maxRetryMs`. */
  retryMs?: number
  maxRetryMs?: number
}

/** Runs a sync soon after it is requested: at once when idle, one at a time, not too often, again after a failure. */
export class SyncRunner {
  readonly #options: SyncRunnerOptions
  #running: Promise<void> | undefined
  #requested = false
  #failures = 0
  #lastStart = Number.NEGATIVE_INFINITY
  #cancel: Cancel | undefined
  #stopped = false

  constructor(options: SyncRunnerOptions) {
    this.#options = options
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures
  }

  request(): void {
    this.#requested = true
    if (this.#running || this.#cancel || this.#stopped) return
    const { clock, minIntervalMs } = this.#options
    this.#startAfter(Math.max(0, this.#lastStart + minIntervalMs - clock.monotonic()))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#running
  }

  #startAfter(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#cancel = undefined
      this.#running = this.#run()
    })
  }

  async #run(): Promise<void> {
    const { clock, sync, minIntervalMs, retryMs = 500, maxRetryMs = 30_000 } = this.#options
    this.#requested = false
    this.#lastStart = clock.monotonic()
    let wait: number | undefined
    try {
      await sync()
      this.#failures = 0
      if (this.#requested) wait = Math.max(0, this.#lastStart + minIntervalMs - clock.monotonic())
    } catch {
      wait = Math.min(maxRetryMs, retryMs * 2 ** this.#failures)
      this.#failures++
    }
    this.#running = undefined
    if (wait !== undefined && !this.#stopped) this.#startAfter(wait)
  }
}
