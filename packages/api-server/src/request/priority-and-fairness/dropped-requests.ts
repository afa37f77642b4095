const longest = 32

/** How many seconds a refused client is told to stay away: more while many are refused, less when that passes. */
export class DroppedRequests {
  readonly #levels = new Map<string, Dropped>()

  /** Counts a refusal, and returns the seconds for its `Retry-After`. */
  drop(level: string, now: number): number {
    const dropped = this.#levels.get(level) ?? new Dropped()
    this.#levels.set(level, dropped)
    return dropped.drop(Math.floor(now / 1000))
  }
}

class Dropped {
  #retryAfter = 1
  #raised = 0
  #second = 0
  #count = 0
  #history: { second: number; count: number }[] = []

  drop(second: number): number {
    if (second !== this.#second) {
      this.#remember()
      this.#second = second
      this.#count = 0
      this.#adjust(second)
    }
    this.#count++
    return this.#retryAfter
  }

  #remember(): void {
    this.#history.push({ second: this.#second, count: this.#count })
    const kept = this.#second - Math.min(2 * this.#retryAfter, longest)
    this.#history = this.#history.filter(({ second }) => second >= kept)
  }

  /** Doubled, at most once in its own time, when three a second were refused; less by one when fewer than one was. */
  #adjust(now: number): void {
    let recent = 0
    for (const { second, count } of this.#history) if (now - second <= this.#retryAfter) recent += count
    if (now - this.#raised >= this.#retryAfter && recent >= 3 * this.#retryAfter) {
      this.#retryAfter = Math.min(2 * this.#retryAfter, longest)
      this.#raised = now
    } else if (recent < this.#retryAfter && this.#retryAfter > 1) this.#retryAfter--
  }
}
