import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Client } from '../client.ts'
import type { Informer, InformerFactory, InformerSelection } from './informer.ts'
import { SharedInformer } from './shared-informer.ts'

export interface InformerFactoryOptions {
  client: Client
  clock: Clock
  logger: Logger
  /** For selections that bring no transform of their own. */
  transform?: <T extends KubernetesObject>(object: T) => T
}

export const createInformerFactory = (options: InformerFactoryOptions): InformerFactory =>
  new SharedInformerFactory(options)

/** Takes out what takes most room in most objects, and no controller reads. Writing such an object back leaves the server's record as it is. */
export function withoutManagedFields<T extends KubernetesObject>(object: T): T {
  delete object.metadata.managedFields
  return object
}

interface Entry<T extends KubernetesObject = never> {
  informer: SharedInformer<T>
  running?: Promise<void>
}

class SharedInformerFactory implements InformerFactory {
  readonly #options: InformerFactoryOptions
  readonly #entries = new Map<string, Entry>()
  readonly #stopped = new AbortController()
  #started = false

  constructor(options: InformerFactoryOptions) {
    this.#options = options
  }

  informer<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    selection: InformerSelection<T> = {},
  ): Informer<T> {
    const { namespace = '', labelSelector = '', fieldSelector = '', metadataOnly = false } = selection
    const identity = [
      resource.group,
      resource.version,
      resource.plural,
      namespace,
      labelSelector,
      fieldSelector,
      metadataOnly,
    ].join('|')
    const known = this.#entries.get(identity) as Entry<T> | undefined
    if (known) return known.informer
    const transform = selection.transform ?? this.#options.transform
    const informer = new SharedInformer({
      ...this.#options,
      resource,
      selection: { ...selection, ...(transform && { transform }) },
    })
    const entry: Entry<T> = { informer }
    this.#entries.set(identity, entry as unknown as Entry)
    if (this.#started) this.#run(entry)
    return informer
  }

  start(): void {
    this.#started = true
    for (const entry of this.#entries.values()) this.#run(entry)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all([...this.#entries.values()].map(({ running }) => running))
  }

  #run<T extends KubernetesObject>(entry: Entry<T>): void {
    if (this.#stopped.signal.aborted) return
    entry.running ??= entry.informer.run(this.#stopped.signal)
  }
}
