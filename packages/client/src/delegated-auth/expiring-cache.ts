import type { Clock } from '@tandem/component-base'

interface Entry<V> {
  value: Promise<V>
  until: number
}

/** Answers that are good for a while. Equal questions asked at once are asked once; a question that failed is asked again. */
export class ExpiringCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #clock: Clock
  readonly #size: number

  constructor(clock: Clock, size = 1024) {
    this.#clock = clock
    this.#size = size
  }

  get(key: string, { load, ttlMs }: { load: () => Promise<V>; ttlMs: (value: V) => number }): Promise<V> {
    const known = this.#entries.get(key)
    if (known && known.until > this.#clock.monotonic()) return known.value
    const entry: Entry<V> = { value: load(), until: Number.POSITIVE_INFINITY }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.value.then(
      (value) => {
        entry.until = this.#clock.monotonic() + ttlMs(value)
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    this.#shrink()
    return entry.value
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#size) return
      this.#entries.delete(key)
    }
  }
}
