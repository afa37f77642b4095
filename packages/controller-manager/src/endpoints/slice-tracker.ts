import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { keyOf } from '@tandem/apimachinery'
import type { Informer } from '@tandem/client'

const deleted = Number.POSITIVE_INFINITY

/** Knows what was written and the cache does not show yet: acting on such a cache would make slices twice. */
export class SliceTracker {
  readonly #generations = new Map<string, Map<string, number>>()

  wrote(serviceKey: string, { metadata }: EndpointSlice): void {
    this.#of(serviceKey).set(keyOf(metadata), metadata.generation ?? 1)
  }

  deleted(serviceKey: string, { metadata }: EndpointSlice): void {
    this.#of(serviceKey).set(keyOf(metadata), deleted)
  }

  /** Whoever deleted it: nothing is waited for any more. */
  sawDeletion(serviceKey: string, { metadata }: EndpointSlice): void {
    this.#generations.get(serviceKey)?.delete(keyOf(metadata))
  }

  isBehind(serviceKey: string, informer: Informer<EndpointSlice>): boolean {
    for (const [key, generation] of this.#generations.get(serviceKey) ?? []) {
      const slash = key.indexOf('/')
      const cached = informer.get({ namespace: key.slice(0, slash), name: key.slice(slash + 1) })
      if (generation === deleted ? cached !== undefined : (cached?.metadata.generation ?? 0) < generation) return true
    }
    return false
  }

  forget(serviceKey: string): void {
    this.#generations.delete(serviceKey)
  }

  #of(serviceKey: string): Map<string, number> {
    const known = this.#generations.get(serviceKey) ?? new Map<string, number>()
    this.#generations.set(serviceKey, known)
    return known
  }
}
