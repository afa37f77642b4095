import type { Entry } from './entry.ts'

// Half of it is the least a split leaves: inserting costs a move of some hundred references, however many entries there are.
const maxRun = 1024

/** Entries by key, and in the order of their keys. */
export class OrderedEntries {
  #byKey = new Map<string, Entry>()
  #runs: Entry[][] = [[]]
  #bytes = 0

  /** What all entries have together, as they are sent. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  set(entry: Entry): void {
    const { key } = entry
    const runIndex = this.#runOf(key)
    const run = this.#runs[runIndex] ?? []
    const at = lowerBound(run, key)
    const before = this.#byKey.get(key)
    this.#bytes += entry.json.byteLength - (before?.json.byteLength ?? 0)
    if (before) run[at] = entry
    else {
      run.splice(at, 0, entry)
      if (run.length > maxRun) this.#runs.splice(runIndex + 1, 0, run.splice(maxRun / 2))
    }
    this.#byKey.set(key, entry)
  }

  delete(key: string): void {
    const entry = this.#byKey.get(key)
    if (!entry) return
    this.#byKey.delete(key)
    this.#bytes -= entry.json.byteLength
    const runIndex = this.#runOf(key)
    const run = this.#runs[runIndex] ?? []
    run.splice(lowerBound(run, key), 1)
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(runIndex, 1)
  }

  /** A copy of the references from the first key that is at least `from` and before the first that is at least `to`. */
  slice(from: string, to?: string): Entry[] {
    const parts: Entry[][] = []
    for (let i = this.#runOf(from); i < this.#runs.length; i++) {
      const run = this.#runs[i] ?? []
      const start = parts.length === 0 ? lowerBound(run, from) : 0
      const last = run.at(-1)
      if (to !== undefined && last && last.key >= to) {
        parts.push(run.slice(start, lowerBound(run, to)))
        break
      }
      parts.push(start === 0 ? run : run.slice(start))
    }
    return parts.length === 1 ? (parts[0] ?? []).slice() : ([] as Entry[]).concat(...parts)
  }

  /** Adds an entry whose key follows all others: how a cache is filled. */
  append(entry: Entry): void {
    let run = this.#runs.at(-1) ?? []
    if (run.length >= maxRun / 2) {
      run = []
      this.#runs.push(run)
    }
    run.push(entry)
    this.#bytes += entry.json.byteLength
    this.#byKey.set(entry.key, entry)
  }

  clear(): void {
    this.#byKey = new Map()
    this.#runs = [[]]
    this.#bytes = 0
  }

  /** The last run that begins at or before the key. */
  #runOf(key: string): number {
    let low = 0
    let high = this.#runs.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      const first = this.#runs[middle]?.[0]
      if (first && first.key <= key) low = middle
      else high = middle
    }
    return low
  }
}

/** The first index from `start` on whose key is at least `key`. */
export function lowerBound(run: readonly Entry[], key: string, start = 0): number {
  let low = start
  let high = run.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = run[middle]
    if (entry && entry.key < key) low = middle + 1
    else high = middle
  }
  return low
}
