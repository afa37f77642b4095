import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { QuotaEvaluator } from '@tandem/api/core/v1/quota/evaluator'
import { quotaEvaluatorOf } from '@tandem/api/core/v1/quota/evaluators'
import { services } from '@tandem/api/core/v1/service'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Informer } from '@tandem/client'
import { SharedInformer } from '@tandem/client/informer/shared-informer'
import type { ControllerContext } from '@tandem/controller-runtime'
import { discover } from '../discovery.ts'
import { changesUsage } from './replenishment.ts'

interface Monitor {
  evaluator: QuotaEvaluator
  informer: Informer<KubernetesObject>
}

/** Kinds of which others hold full objects anyway. */
const shared: Readonly<Record<string, ResourceDefinition<KubernetesObject>>> = {
  '/pods': pods as unknown as ResourceDefinition<KubernetesObject>,
  '/services': services as unknown as ResourceDefinition<KubernetesObject>,
  '/persistentvolumeclaims': persistentVolumeClaims as unknown as ResourceDefinition<KubernetesObject>,
}
/** Of all others the number of objects is enough, but for these. */
const inFull = new Set(['resource.k8s.io/resourceclaims'])

export interface QuotaMonitorsOptions {
  context: ControllerContext
  /** Something that quotas in this namespace may count changed. `appeared` is what admission has charged already. */
  changed(resource: string, namespace: string, how: 'appeared' | 'changed'): void
}

/** Watches the kinds that some quota limits, and only those: most clusters count few of all there are. */
export class QuotaMonitors {
  readonly #options: QuotaMonitorsOptions
  readonly #monitors = new Map<string, Promise<Monitor | undefined>>()

  constructor(options: QuotaMonitorsOptions) {
    this.#options = options
  }

  /** Undefined for a kind that is not served. */
  async monitor(resource: string): Promise<Monitor | undefined> {
    let monitor = this.#monitors.get(resource)
    if (!monitor) {
      monitor = this.#start(resource)
      this.#monitors.set(resource, monitor)
    }
    const started = await monitor.catch((error: unknown) => {
      this.#monitors.delete(resource)
      throw error
    })
    // A kind that is not there now may come later.
    if (!started) this.#monitors.delete(resource)
    await started?.informer.synced
    return started
  }

  async #start(resource: string): Promise<Monitor | undefined> {
    const evaluator = quotaEvaluatorOf(resource)
    const informer = evaluator && (await this.#informerOf(resource))
    if (!informer) return undefined
    const { changed } = this.#options
    informer.addHandler({
      added: ({ metadata }) => changed(resource, metadata.namespace ?? '', 'appeared'),
      updated: (object, old) => {
        if (changesUsage(resource, object, old)) changed(resource, object.metadata.namespace ?? '', 'changed')
      },
      deleted: ({ metadata }) => changed(resource, metadata.namespace ?? '', 'changed'),
    })
    return { evaluator, informer }
  }

  async #informerOf(resource: string): Promise<Informer<KubernetesObject> | undefined> {
    const { context } = this.#options
    const definition = shared[resource]
    if (definition) return context.informer(definition)
    const { resources } = await discover(context.client)
    const found = resources.find(({ definition: { group, plural } }) => `${group}/${plural}` === resource)
    if (found?.definition.scope !== 'Namespaced') return undefined
    const { client, clock, logger, signal } = context
    const informer = new SharedInformer({
      client,
      clock,
      logger,
      resource: found.definition,
      selection: inFull.has(resource) ? {} : { metadataOnly: true, transform: nameOnly },
    })
    void informer.run(signal)
    return informer
  }
}

/** Enough to count it. */
const nameOnly = ({ metadata: { name, namespace, uid, resourceVersion, creationTimestamp } }: KubernetesObject) => ({
  metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
})
