/** Completed or failed indexes of a job as text: `0,2-4,7`. */
export interface IndexInterval {
  first: number
  last: number
}

/** Throws what is wrong, in upstream's words. */
export function parseIndexIntervals(text: string, completions: number): IndexInterval[] {
  const intervals: IndexInterval[] = []
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = parseInterval(part, completions)
    const previous = intervals.at(-1)
    if (previous && previous.last >= interval.first) throw notIncreasing(previous.last, interval.first)
    intervals.push(interval)
  }
  return intervals
}

export const countIndexes = (intervals: readonly IndexInterval[]): number =>
  intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0)

/** The first index that is in both. */
export function overlap(a: readonly IndexInterval[], b: readonly IndexInterval[]): number | undefined {
  for (const one of a)
    for (const other of b)
      if (one.first <= other.last && other.first <= one.last) return Math.max(one.first, other.first)
  return undefined
}

function parseInterval(text: string, completions: number): IndexInterval {
  const [from = '', to, ...rest] = text.split('-')
  if (rest.length > 0)
    throw new Error(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    )
  const first = parseIndex(from, completions)
  if (to === undefined) return { first, last: first }
  const last = parseIndex(to, completions)
  if (first >= last) throw notIncreasing(first, last)
  return { first, last }
}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`cannot convert string to integer for index: ${JSON.stringify(text)}`)
  const index = Number(text)
  if (index >= completions) throw new Error(`too large index: ${JSON.stringify(text)}`)
  return index
}

const notIncreasing = (previous: number, current: number): Error =>
  new Error(`non-increasing order, previous: ${previous}, current: ${current}`)
