import type { Clock } from '@tandem/component-base'

const firstMs = 1_000
const longestMs = 900_000

/** A pod that a node refuses is replaced ever more slowly: else controller and kubelet would fight. */
export class FailedPodBackoff {
  readonly #clock: Clock
  readonly #byKey = new Map<string, { delayMs: number; since: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds until the pod may be replaced; 0 counts as one replacement more. */
  next(key: string): number {
    const now = this.#clock.monotonic()
    const entry = this.#byKey.get(key)
    const elapsed = entry ? now - entry.since : Number.POSITIVE_INFINITY
    if (entry && elapsed < entry.delayMs) return entry.delayMs - elapsed
    // After a long quiet time it begins anew.
    const delayMs = entry && elapsed < 2 * longestMs ? Math.min(entry.delayMs * 2, longestMs) : firstMs
    this.#byKey.set(key, { delayMs, since: now })
    return 0
  }
}
