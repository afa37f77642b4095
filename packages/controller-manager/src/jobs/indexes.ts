import { countIndexes, type IndexInterval } from '@tandem/api/batch/v1/index-intervals'

/** Sorted, apart from each other: a job may have millions of indexes. */
export type Indexes = readonly IndexInterval[]

export { countIndexes }

/** As a status tells them; what cannot be read, or is no index any more, is left out. */
export function readIndexes(text: string, completions: number): Indexes {
  const intervals = text.split(',').flatMap((part) => {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (from === undefined || Number(from) >= completions) return []
    return [{ first: Number(from), last: Math.min(Number(to ?? from), completions - 1) }]
  })
  return mergeIndexes(intervals, [])
}

/** `0,1,3-5`: two that follow each other are no range yet. */
export const printIndexes = (indexes: Indexes): string =>
  indexes
    .map(({ first, last }) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',')

export const indexesOf = (numbers: Iterable<number>): Indexes =>
  mergeIndexes(
    [...numbers].map((index) => ({ first: index, last: index })),
    [],
  )

export function mergeIndexes(a: Indexes, b: Indexes): Indexes {
  const merged: IndexInterval[] = []
  for (const { first, last } of [...a, ...b].sort((one, other) => one.first - other.first)) {
    const before = merged.at(-1)
    if (before && first <= before.last + 1) before.last = Math.max(before.last, last)
    else merged.push({ first, last })
  }
  return merged
}

export function hasIndex(indexes: Indexes, index: number): boolean {
  let [low, high] = [0, indexes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((indexes[middle]?.last ?? 0) < index) low = middle + 1
    else high = middle
  }
  return (indexes[low]?.first ?? Number.POSITIVE_INFINITY) <= index
}

/** The first `count` indexes that are not taken. */
export function freeIndexes(taken: Indexes, { count, completions }: { count: number; completions: number }): number[] {
  const free: number[] = []
  let candidate = 0
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < first && candidate < completions && free.length < count; candidate++) free.push(candidate)
    candidate = Math.max(candidate, last + 1)
  }
  return free
}

/** How many are in both. */
export function countCommon(a: Indexes, b: Indexes): number {
  let [count, other] = [0, 0]
  for (const { first, last } of a) {
    while (other < b.length && (b[other]?.last ?? 0) < first) other++
    for (let next = other; next < b.length; next++) {
      const interval = b[next]
      if (!interval || interval.first > last) break
      count += Math.min(last, interval.last) - Math.max(first, interval.first) + 1
    }
  }
  return count
}
