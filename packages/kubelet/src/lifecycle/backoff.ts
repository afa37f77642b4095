export interface BackoffSettings {
  initialMs: number
  maxMs: number
}

/** Restarts of containers and pulls of images: upstream's 10 s doubling to 5 min, forgotten after twice the maximum of peace. */
export const defaultBackoff: BackoffSettings = { initialMs: 10_000, maxMs: 300_000 }

interface Entry {
  delayMs: number
  updatedAt: number
}

/** Delays that double each time something fails again. All times are given by the caller. */
export class Backoff {
  readonly #settings: BackoffSettings
  readonly #entries = new Map<string, Entry>()

  constructor(settings: BackoffSettings = defaultBackoff) {
    this.#settings = settings
  }

  /** Milliseconds until something that failed at `failedAt` may be tried again; 0 when it may at once. */
  remaining(key: string, { failedAt, now }: { failedAt: number; now: number }): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#expired(entry, failedAt)) return 0
    return Math.max(0, failedAt + entry.delayMs - now)
  }

  /** The same, counted from the last `next`. */
  remainingSinceUpdate(key: string, now: number): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#expired(entry, now)) return 0
    return Math.max(0, entry.updatedAt + entry.delayMs - now)
  }

  delay(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** It is tried again now, having failed at `failedAt`: the next failure waits longer. */
  next(key: string, { failedAt, now }: { failedAt: number; now: number }): void {
    const entry = this.#entries.get(key)
    const fresh = !entry || this.#expired(entry, failedAt)
    const { initialMs, maxMs } = this.#settings
    this.#entries.set(key, { delayMs: fresh ? initialMs : Math.min(entry.delayMs * 2, maxMs), updatedAt: now })
  }

  /** Forgets every key that starts so: the pod is gone. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #expired(entry: Entry, at: number): boolean {
    return at - entry.updatedAt > this.#settings.maxMs * 2
  }
}

/** A duration as upstream prints it in messages: `10s`, `1m20s`, `5m0s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}
