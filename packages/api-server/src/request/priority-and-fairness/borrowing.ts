import { allocate, type Claim } from './concurrency-allocation.ts'
import type { PriorityLevel } from './priority-level.ts'

/**
 * Divides the seats anew among the levels, by what each could have used of late. Nobody falls below what it does not lend, nor below
 * what it used of its own; nobody gets more than it may borrow. Returns the part of its target that each got whom no bound held.
 */
export function adjustSeats(levels: readonly PriorityLevel[], now: number): number {
  for (const { demand } of levels) demand.endPeriod(now)
  const limited = levels.filter(({ isExempt }) => !isExempt)
  let seats = sum(levels.map(({ nominalSeats }) => nominalSeats))
  for (const level of levels) {
    if (!level.isExempt) continue
    level.target = Math.max(level.lowerSeats, level.demand.highWatermark)
    seats -= level.target
    level.setSeats(level.target)
  }
  const claims = limited.map(claimOf)
  for (const [index, level] of limited.entries()) level.target = claims[index]?.target ?? 0
  const { fairFraction, seats: given } = divide(seats, limited, claims)
  for (const [index, level] of limited.entries()) level.setSeats(Math.round(given[index] ?? level.currentSeats))
  return fairFraction
}

function claimOf({ lowerSeats, nominalSeats, upperSeats, demand }: PriorityLevel): Claim {
  const lowerBound = Math.max(lowerSeats, Math.min(nominalSeats, demand.highWatermark))
  return { lowerBound, upperBound: upperSeats, target: Math.max(lowerBound, demand.smoothed) }
}

function divide(seats: number, levels: readonly PriorityLevel[], claims: readonly Claim[]) {
  const least = sum(levels.map(({ lowerSeats }) => lowerSeats))
  const wanted = sum(claims.map(({ lowerBound }) => lowerBound))
  if (seats <= least) return { fairFraction: 0, seats: levels.map(({ lowerSeats }) => lowerSeats) }
  if (seats <= wanted) {
    const part = (seats - least) / (wanted - least)
    const between = levels.map(
      ({ lowerSeats }, index) =>
        lowerSeats + Math.round(((claims[index]?.lowerBound ?? lowerSeats) - lowerSeats) * part),
    )
    return { fairFraction: 0, seats: between }
  }
  return allocate(seats, claims) ?? { fairFraction: 0, seats: levels.map(({ currentSeats }) => currentSeats) }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
