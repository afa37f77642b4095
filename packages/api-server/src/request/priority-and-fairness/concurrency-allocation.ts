/** What one class asks for: as near to its target as may be, within its bounds. */
export interface Claim {
  target: number
  lowerBound: number
  upperBound: number
}

export interface Allocation {
  seats: number[]
  /** The part of its target that every class gets whose bounds do not say otherwise. */
  fairFraction: number
}

const leastTarget = 0.001
// Sums of fractions are not exact.
const epsilon = 1e-7

/**
 * Divides a sum so that every class gets the same fraction of its target, but for those whose bound is in the way: these get their
 * bound. What a fraction sums to grows with the fraction, in straight lines between the points at which a class meets a bound, so the
 * right one is found by walking these points. Undefined where the bounds leave no answer.
 */
export function allocate(sum: number, claims: readonly Claim[]): Allocation | undefined {
  const classes = claims.map(({ target, lowerBound, upperBound }) => ({
    target: Math.max(target, leastTarget),
    lowerBound,
    upperBound,
  }))
  const seatsAt = (fraction: number): number[] =>
    classes.map(({ target, lowerBound, upperBound }) => Math.max(lowerBound, Math.min(upperBound, fraction * target)))
  const points = classes
    .flatMap(({ target, lowerBound, upperBound }) => [lowerBound / target, upperBound / target])
    .sort((a, b) => a - b)
  const [first = 0] = points
  let before = { fraction: first, total: total(seatsAt(first)) }
  if (sum < before.total - epsilon) return undefined
  for (const fraction of points) {
    const at = { fraction, total: total(seatsAt(fraction)) }
    if (at.total >= sum - epsilon) return between(before, at)
    before = at
  }
  return undefined

  function between(low: Point, high: Point): Allocation {
    const rise = high.total - low.total
    const part = rise === 0 ? 0 : Math.max(0, Math.min(1, (sum - low.total) / rise))
    const fairFraction = low.fraction + part * (high.fraction - low.fraction)
    return { seats: seatsAt(fairFraction), fairFraction }
  }
}

interface Point {
  fraction: number
  total: number
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)
