import type { Change } from './change.ts'
import type { Entry } from './entry.ts'

const maxCount = 20_000
// Only what was replaced counts: what is current is held by the cache anyway.
const maxBytes = 8 << 20
// Who comes back later than this is served from the log on disk.
const maxMilliseconds = 75_000

/** The latest changes of one resource, for watchers that come back and for the pages of a list. */
export class RecentChanges {
  #changes: Change[] = []
  #first = 0
  #bytes = 0
  /** All changes after this revision are held. */
  since: number

  constructor(since: number) {
    this.since = since
  }

  add(change: Change): void {
    this.#changes.push(change)
    this.#bytes += change.bytes
    for (;;) {
      const oldest = this.#changes[this.#first]
      if (!oldest || !this.#isTooMuch(oldest, change.at)) break
      this.#first++
      this.#bytes -= oldest.bytes
      this.since = oldest.revision
    }
    // Moved in one go, once in a while.
    if (this.#first > 64 && this.#first > this.#changes.length / 2) {
      this.#changes = this.#changes.slice(this.#first)
      this.#first = 0
    }
  }

  #isTooMuch(oldest: Change, now: number): boolean {
    const count = this.#changes.length - this.#first
    return count > maxCount || this.#bytes > maxBytes || now - oldest.at > maxMilliseconds
  }

  /** The changes after the revision, which is at least `since`. */
  after(revision: number): Change[] {
    let low = this.#first
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return this.#changes.slice(low)
  }

  /** What each key that changed after the revision was then; undefined: not there. */
  statesAt(revision: number): Map<string, Entry | undefined> {
    const states = new Map<string, Entry | undefined>()
    for (const { key, previous } of this.after(revision)) if (!states.has(key)) states.set(key, previous)
    return states
  }
}
