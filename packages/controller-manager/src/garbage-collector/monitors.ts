import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { SharedInformer } from '@tandem/client/informer/shared-informer'
import type { ControllerContext } from '@tandem/controller-runtime'
import { discover, hasVerbs } from '../discovery.ts'
import type { Collector } from './collector.ts'

type Definition = ResourceDefinition<KubernetesObject>

interface Monitor {
  definition: Definition
  informer: SharedInformer<KubernetesObject>
  stop: AbortController
  running: Promise<void>
}

/** Events own nothing and are owned by nothing, and there are many. */
const ignored = new Set(['/events', 'events.k8s.io/events'])

/** Watches the metadata of everything that can be deleted, of kinds that come and go. */
export class Monitors {
  readonly #context: ControllerContext
  readonly #collector: Collector
  readonly #monitors = new Map<string, Monitor>()

  constructor(context: ControllerContext, collector: Collector) {
    this.#context = context
    this.#collector = collector
  }

  /** Starts and stops watches until they are those of the server's kinds; resolves when the new ones have seen what there is. */
  async refresh(): Promise<void> {
    const { resources, failures } = await discover(this.#context.client)
    this.#collector.knows(resources.map(({ definition }) => definition))
    const wanted = new Map(
      resources
        .filter((resource) => hasVerbs(resource, 'delete', 'list', 'watch'))
        .map(({ definition }): [string, Definition] => [`${definition.group}/${definition.plural}`, definition])
        .filter(([name]) => !ignored.has(name)),
    )
    for (const [name, monitor] of this.#monitors) {
      // A group that cannot be asked about is not a group that is gone.
      if (!wanted.has(name) && !failures.has(`${monitor.definition.group}/${monitor.definition.version}`))
        await this.#stop(name, monitor)
    }
    const started = [...wanted]
      .filter(([name]) => !this.#monitors.has(name))
      .map(([name, definition]) => this.#start(name, definition))
    await Promise.race([
      Promise.all(started.map(({ informer }) => informer.synced)),
      this.#context.clock.sleep(30_000, this.#context.signal),
    ])
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#monitors].map(([name, monitor]) => this.#stop(name, monitor)))
  }

  #start(name: string, definition: Definition): Monitor {
    const { client, clock, logger } = this.#context
    const informer = new SharedInformer({
      client,
      clock,
      logger,
      resource: definition,
      selection: { metadataOnly: true, transform: ownershipOnly },
    })
    informer.addHandler({
      added: (object) => this.#collector.observe(definition, object),
      updated: (object) => this.#collector.observe(definition, object),
      deleted: (object) => this.#collector.removed(object),
    })
    const stop = new AbortController()
    const monitor: Monitor = { definition, informer, stop, running: informer.run(stop.signal) }
    this.#monitors.set(name, monitor)
    return monitor
  }

  async #stop(name: string, { stop, running, informer }: Monitor): Promise<void> {
    this.#monitors.delete(name)
    stop.abort()
    await running
    if (!this.#context.signal.aborted) for (const object of informer.list()) this.#collector.removed(object)
  }
}

/** All that the graph reads: the whole cluster's objects are kept here. */
function ownershipOnly({ metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, finalizers, ownerReferences } =
    metadata
  return {
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
      ...(deletionTimestamp && { deletionTimestamp }),
      ...(finalizers && { finalizers }),
      ...(ownerReferences && { ownerReferences }),
    },
  }
}
