import type { ResourceDefinition } from '@tandem/apimachinery'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { Backend } from '@tandem/storage'
import type { FollowOptions } from '../follow.ts'
import { resourcePrefix } from './keys.ts'

type Counted = Pick<ResourceDefinition, 'group' | 'plural' | 'virtual'>

const unknown = -1

/** How many objects are stored of each resource, as the metrics tell it: counted once in a while, since a count reads every key. */
export class ObjectCounts {
  readonly #backend: Backend
  readonly #definitions: () => readonly Counted[]
  #counts: readonly { group: string; resource: string; count: number }[] = []

  constructor(backend: Backend, definitions: () => readonly Counted[]) {
    this.#backend = backend
    this.#definitions = definitions
  }

  describe(metrics: Metrics): void {
    metrics.collected({
      name: 'apiserver_storage_objects',
      help: '[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      type: 'gauge',
      collect: () =>
        this.#counts.map(({ group, resource, count }) => ({
          labels: { resource: group ? `${resource}.${group}` : resource },
          value: count,
        })),
    })
    metrics.collected({
      name: 'apiserver_resource_objects',
      help: 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      type: 'gauge',
      collect: () => this.#counts.map(({ group, resource, count }) => ({ labels: { group, resource }, value: count })),
    })
  }

  /** Counts now and after each period, until the signal aborts. */
  async poll(seconds: number, { clock, signal }: FollowOptions): Promise<void> {
    while (!signal.aborted) {
      this.#counts = await this.#count()
      await clock.sleep(seconds * 1000, signal).catch(() => undefined)
    }
  }

  async #count() {
    // All versions of a resource are one.
    const byPrefix = new Map(
      this.#definitions()
        .filter(({ virtual }) => !virtual)
        .map((definition) => [resourcePrefix(definition), definition]),
    )
    const counts: { group: string; resource: string; count: number }[] = []
    for (const [prefix, { group, plural: resource }] of byPrefix)
      counts.push({ group, resource, count: await this.#backend.count(prefix).catch(() => unknown) })
    return counts
  }
}
