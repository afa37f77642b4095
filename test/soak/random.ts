import { randomFrom } from '@tandem/storage/testing/random'

/** Choices that are the same for the same seed, as far as what they are asked for is. */
export class Random {
  /** From 0 to less than 1. */
  readonly next: () => number

  constructor(seed: number) {
    this.next = randomFrom(seed)
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  one<T>(of: readonly T[]): T | undefined {
    return of[this.between(0, of.length - 1)]
  }

  some<T>(of: readonly T[], count: number): T[] {
    return of
      .map((value) => ({ value, rank: this.next() }))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, count)
      .map(({ value }) => value)
  }
}
