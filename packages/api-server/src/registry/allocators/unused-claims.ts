/**
 * Numbers that were found claimed by nobody, and how often in a row. What another server claimed a moment ago is about to be somebody's,
 * so only what stays unused for some rounds is given back.
 */
export class UnusedClaims {
  readonly #rounds: number
  #seen = new Map<number, number>()

  constructor(rounds: number) {
    this.#rounds = rounds
  }

  /** Those that have been unused long enough. */
  round(unused: readonly number[]): number[] {
    this.#seen = new Map(unused.map((number) => [number, (this.#seen.get(number) ?? 0) + 1]))
    return unused.filter((number) => (this.#seen.get(number) ?? 0) >= this.#rounds)
  }
}
