import type { Clock } from '@tandem/component-base'

interface Expectation {
  creations: number
  deletions: Set<string>
  since: number
}

const timeoutMs = 300_000

/**
 * What a controller has asked for and its cache does not show yet. A key whose expectations are not met is not acted on, or the same
 * pods would be made twice. After five minutes it is: a lost event must not stop a controller for good.
 */
export class Expectations {
  readonly #clock: Clock
  readonly #byKey = new Map<string, Expectation>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  expectCreations(key: string, count: number): void {
    this.#byKey.set(key, { creations: count, deletions: new Set(), since: this.#clock.monotonic() })
  }

  /** By identity, not by count: the same deletion may be seen more than once. */
  expectDeletions(key: string, uids: readonly string[]): void {
    this.#byKey.set(key, { creations: 0, deletions: new Set(uids), since: this.#clock.monotonic() })
  }

  /** A creation was seen, or failed and will never be. */
  creationObserved(key: string, count = 1): void {
    const expectation = this.#byKey.get(key)
    if (expectation) expectation.creations -= count
  }

  deletionObserved(key: string, uid: string): void {
    this.#byKey.get(key)?.deletions.delete(uid)
  }

  satisfied(key: string): boolean {
    const expectation = this.#byKey.get(key)
    if (!expectation) return true
    if (expectation.creations <= 0 && expectation.deletions.size === 0) return true
    return this.#clock.monotonic() - expectation.since > timeoutMs
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }
}
