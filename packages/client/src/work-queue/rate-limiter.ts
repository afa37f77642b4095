/** How long a key waits that has failed: 5 ms, doubled each time, up to 1000 s. */
export class ExponentialRateLimiter<Key> {
  readonly #failures = new Map<Key, number>()
  readonly #baseMs: number
  readonly #maxMs: number

  constructor({ baseMs = 5, maxMs = 1_000_000 }: { baseMs?: number; maxMs?: number } = {}) {
    this.#baseMs = baseMs
    this.#maxMs = maxMs
  }

  /** Counts one more failure. */
  delay(key: Key): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    return Math.min(this.#maxMs, this.#baseMs * 2 ** failures)
  }

  failures(key: Key): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: Key): void {
    this.#failures.delete(key)
  }
}
