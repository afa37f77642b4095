/** What appears was charged when it was admitted: it is only checked, many at once. */
const appearedMs = 1_000
/** What was charged a moment ago may not be there to be counted yet: a count waits for so much quiet, … */
const quietMs = 200
/** … but not for ever. */
const longestWaitMs = 2_000
export const resyncMs = 300_000

interface Entry {
  dueAt: number
  version: string | undefined
  versionSince: number
}

/** When each quota is to be counted anew. Times are of a clock that never goes back. */
export class CountSchedule {
  readonly #entries = new Map<string, Entry>()

  /** Returns in how many milliseconds. */
  note(key: string, how: 'appeared' | 'changed', now: number): number {
    const wait = how === 'appeared' ? appearedMs : 0
    const entry = this.#entry(key, now)
    entry.dueAt = Math.min(entry.dueAt, now + wait)
    return wait
  }

  /** Milliseconds until the quota should be counted; 0 is now. */
  waitFor(key: string, { version, now }: { version: string; now: number }): number {
    const entry = this.#entry(key, now)
    if (entry.version !== version) Object.assign(entry, { version, versionSince: now })
    if (entry.dueAt > now) return entry.dueAt - now
    const quietIn = entry.versionSince + quietMs - now
    return quietIn > 0 && now < entry.dueAt + longestWaitMs ? quietIn : 0
  }

  counted(key: string, now: number): void {
    this.#entry(key, now).dueAt = now + resyncMs
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** One that is not known was never counted. */
  #entry(key: string, now: number): Entry {
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { dueAt: now, version: undefined, versionSince: Number.NEGATIVE_INFINITY }
      this.#entries.set(key, entry)
    }
    return entry
  }
}
