interface Point {
  time: number
  nanoseconds: number
  /** Nanoseconds of CPU in a second, found when this point was taken. */
  rate: number | undefined
}

/** A point this old says nothing of now: upstream's cache period. */
const oldest = 10 * 60_000

/** From what was used since ever to what is being used: against the last time somebody asked. Nothing is sampled in between. */
export class CpuRates {
  #points = new Map<string, Point>()

  /** Of everything that there is now, by a key. What is not named is forgotten. */
  take(time: number, used: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const points = new Map<string, Point>()
    for (const [key, nanoseconds] of used) {
      const before = this.#points.get(key)
      points.set(key, { time, nanoseconds, rate: before && rateBetween(before, { time, nanoseconds }) })
    }
    this.#points = points
    return new Map([...points].flatMap(([key, { rate }]) => (rate === undefined ? [] : [[key, rate] as const])))
  }
}

function rateBetween(before: Point, now: { time: number; nanoseconds: number }): number | undefined {
  const elapsed = now.time - before.time
  if (elapsed <= 0 || elapsed > oldest || now.nanoseconds < before.nanoseconds) return undefined
  return Math.round(((now.nanoseconds - before.nanoseconds) * 1000) / elapsed)
}
