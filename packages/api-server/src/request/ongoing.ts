import type { Sample } from '@tandem/component-base/metrics/metrics'

interface Kind {
  readonly labels: { verb: string; resource: string }
  count: number
}

/** Requests that last, counted while they do. What anybody can make up in a path is forgotten with the last request for it. */
export class OngoingRequests {
  readonly #kinds = new Map<string, Kind>()

  /** Returns what ends the count; calling it again does nothing. */
  begin({ verb, resource }: { verb: string; resource: string }): () => void {
    const key = `${verb}/${resource}`
    const kind = this.#kinds.get(key) ?? { labels: { verb: verb.toUpperCase(), resource }, count: 0 }
    this.#kinds.set(key, kind)
    kind.count++
    let ended = false
    return () => {
      if (ended) return
      ended = true
      kind.count--
      if (kind.count === 0) this.#kinds.delete(key)
    }
  }

  samples(): Sample[] {
    return [...this.#kinds.values()].map(({ labels, count }) => ({ labels, value: count }))
  }
}
