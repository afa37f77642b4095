import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { InformerFactory } from '@tandem/client'
import type { Clock } from '@tandem/component-base'
import type { ClusterChange, ObjectEvent } from '../framework/cluster-event.ts'
import type { ObjectIndex, ObjectSource, ObjectWait } from '../framework/plugin.ts'

/** Objects that plugins read, beside pods, nodes and namespaces. Only kinds that a plugin in use names are watched. */
export class WatchedObjects implements ObjectSource {
  readonly #informers: InformerFactory
  readonly #clock: Clock
  #watched: ReadonlySet<ResourceDefinition<never>> = new Set()

  constructor(informers: InformerFactory, clock: Clock) {
    this.#informers = informers
    this.#clock = clock
  }

  index(indexes: Iterable<ObjectIndex>): void {
    for (const { resource, name, values } of indexes as Iterable<ObjectIndex<KubernetesObject>>)
      this.#informers.informer(resource).addIndex(name, values)
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

  async until({ resources, check, timeoutMs, problem }: ObjectWait): Promise<void> {
    const endings: (() => void)[] = []
    try {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          try {
            if (check()) resolve()
          } catch (error) {
            reject(error)
          }
        }
        endings.push(this.#clock.after(timeoutMs, () => reject(new Error(problem))))
        for (const resource of resources as readonly ResourceDefinition<KubernetesObject>[])
          endings.push(this.#informers.informer(resource).addHandler({ added: look, updated: look, deleted: look }))
        look()
      })
    } finally {
      for (const end of endings) end()
    }
  }

  list = <T extends KubernetesObject>(resource: ResourceDefinition<T>, namespace?: string): readonly T[] =>
    this.#informers.informer(resource).list(namespace)

  byIndex = <T extends KubernetesObject>({ resource, name }: ObjectIndex<T>, value: string): readonly T[] =>
    this.#informers.informer(resource).byIndex(name, value)

  get = <T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: { namespace?: string; name: string },
  ): T | undefined => this.#informers.informer(resource).get(key)
}
