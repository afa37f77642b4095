import type { StorageEvent, WatchBatch } from '../backend.ts'

// A watcher with more than this unread is sent back to the log on disk, so that a slow one costs no memory.
const maxUnread = 10_000

/** One watcher's unread batches. */
export class Watcher {
  readonly prefix: string
  readonly progress: boolean
  /** All up to this revision has been handed over or is in `unread`. */
  position: number
  unread: WatchBatch[] = []
  /** Batches were dropped: go on from the log at `position`. */
  behind = false
  ended = false
  #count = 0
  #wake: (() => void) | undefined

  constructor(prefix: string, position: number, progress: boolean) {
    this.prefix = prefix
    this.position = position
    this.progress = progress
  }

  offer(events: StorageEvent[], revision: number): void {
    if (this.behind) return
    const mine = events.filter(({ key }) => key.startsWith(this.prefix))
    if (mine.length === 0 && !this.progress) return
    if (this.#count > maxUnread) {
      this.unread = []
      this.behind = true
    } else {
      this.unread.push({ events: mine, revision })
      this.#count += mine.length
    }
    this.#wake?.()
  }

  end(): void {
    this.ended = true
    this.#wake?.()
  }

  take(): WatchBatch[] {
    const batches = this.unread
    this.unread = []
    this.#count = 0
    return batches
  }

  /** Resolves when there is something to take, the watcher has fallen behind, or it has ended. */
  async news(): Promise<void> {
    if (this.unread.length > 0 || this.behind || this.ended) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}

export class Watchers {
  #all = new Set<Watcher>()

  add(watcher: Watcher): void {
    this.#all.add(watcher)
  }
  remove(watcher: Watcher): void {
    this.#all.delete(watcher)
  }
  publish(events: StorageEvent[], revision: number): void {
    for (const watcher of this.#all) watcher.offer(events, revision)
  }
  end(): void {
    for (const watcher of this.#all) watcher.end()
  }
}
