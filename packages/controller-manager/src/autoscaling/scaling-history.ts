interface Recommendation {
  replicas: number
  at: number
}

interface Change {
  /** Never negative. */
  by: number
  at: number
}

/** What was recommended and done for one autoscaler lately. Times are of a clock that never goes back, in milliseconds. */
export class ScalingHistory {
  #recommendations: Recommendation[]
  #ups: Change[] = []
  #downs: Change[] = []

  /** What there is when nothing was recommended yet counts as a recommendation. */
  constructor(replicas: number, now: number) {
    this.#recommendations = [{ replicas, at: now }]
  }

  recommendationsSince(at: number): number[] {
    return this.#recommendations.filter((one) => one.at > at).map(({ replicas }) => replicas)
  }

  /** Those from before `oldest` will not be asked for. */
  recommend(replicas: number, { now, oldest }: { now: number; oldest: number }): void {
    this.#recommendations = [...this.#recommendations.filter(({ at }) => at >= oldest), { replicas, at: now }]
  }

  /** By how many replicas the target has grown since then. */
  grownSince(at: number): number {
    return sumSince(this.#ups, at) - sumSince(this.#downs, at)
  }

  /** Those from before `oldest` will not be asked for. */
  scaled(from: number, to: number, { now, oldest }: { now: number; oldest: number }): void {
    const add = (changes: Change[]): Change[] => [
      ...changes.filter(({ at }) => at >= oldest),
      { by: Math.abs(to - from), at: now },
    ]
    if (to > from) this.#ups = add(this.#ups)
    else this.#downs = add(this.#downs)
  }
}

const sumSince = (changes: readonly Change[], since: number): number =>
  changes.reduce((sum, { by, at }) => (at > since ? sum + by : sum), 0)
