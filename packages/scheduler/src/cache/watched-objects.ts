import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { InformerFactory } from '@tandem/client'
import type { ClusterChange, ObjectEvent } from '../framework/cluster-event.ts'
import type { ObjectSource } from '../framework/plugin.ts'

/** Objects that plugins read, beside pods, nodes and namespaces. Only kinds that a plugin in use names are watched. */
export class WatchedObjects implements ObjectSource {
  readonly #informers: InformerFactory
  #watched: ReadonlySet<ResourceDefinition<never>> = new Set()

  constructor(informers: InformerFactory) {
    this.#informers = informers
  }

  watch(resources: ReadonlySet<ResourceDefinition<never>>, onChange: (change: ClusterChange) => void): void {
    this.#watched = resources
    for (const resource of resources as ReadonlySet<ResourceDefinition<KubernetesObject>>) {
      const change = (what: 'Add' | 'Update' | 'Delete') => (object: KubernetesObject, old?: KubernetesObject) =>
        onChange({ event: `${resource.kind}${what}` as ObjectEvent, object, ...(old && { old }) })
      this.#informers
        .informer(resource)
        .addHandler({ added: change('Add'), updated: change('Update'), deleted: change('Delete') })
    }
  }

  get hasSynced(): boolean {
    return [...this.#watched].every((resource) => this.#informers.informer(resource).hasSynced)
  }

  /** Resolves when all of them are known. */
  get synced(): Promise<unknown> {
    return Promise.all([...this.#watched].map((resource) => this.#informers.informer(resource).synced))
  }

  list = <T extends KubernetesObject>(resource: ResourceDefinition<T>, namespace?: string): readonly T[] =>
    this.#informers.informer(resource).list(namespace)

  get = <T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: { namespace?: string; name: string },
  ): T | undefined => this.#informers.informer(resource).get(key)
}
