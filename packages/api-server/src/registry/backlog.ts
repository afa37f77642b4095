import type { WatchEvent } from './watch-event.ts'

interface Reader {
  readonly unreadBytes: number
  drop(): void
}

const defaultLimit = 128 << 20

/**
 * What all watchers have not read yet. An event is shared: it counts once, until the last of them has read it. Where it is too much
 * altogether, who is furthest behind is dropped.
 */
export class Backlog {
  bytes = 0
  readonly #limit: number
  readonly #behind = new Set<Reader>()

  constructor(limit: number = defaultLimit) {
    this.#limit = limit
  }

  add(event: WatchEvent, reader: Reader): void {
    if (event.readers++ === 0) this.bytes += event.bytes
    this.#behind.add(reader)
  }

  remove(event: WatchEvent): void {
    if (--event.readers === 0) this.bytes -= event.bytes
  }

  caughtUp(reader: Reader): void {
    this.#behind.delete(reader)
  }

  /** To be called when all who read on their own have read. */
  enforce(): void {
    while (this.bytes > this.#limit && this.#behind.size > 0) {
      let last: Reader | undefined
      for (const reader of this.#behind) if (!last || reader.unreadBytes > last.unreadBytes) last = reader
      if (!last) return
      last.drop()
      this.#behind.delete(last)
    }
  }
}
