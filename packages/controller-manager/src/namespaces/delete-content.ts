import type { Pod } from '@tandem/api/core/v1/types'
import { isMethodNotSupported, isNotFound, type KubernetesObject } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { type DiscoveredResource, discover, hasVerbs, qualifiedName } from '../discovery.ts'
import { messageOf } from '../failure.ts'
import type { DeletionProgress } from './conditions.ts'

export interface ContentDeletion extends DeletionProgress {
  /** Seconds until what is left may be gone; 0 when nothing is left. */
  estimateSeconds: number
}

export interface DeletionOptions {
  client: Client
  namespace: string
  deletedAt: number
  now: number
}

const finalizerEstimateSeconds = 15

/** Deletes everything in a namespace: pods first, and nothing else before they are gone, since they may need the rest to end well. */
export async function deleteContent(options: DeletionOptions): Promise<ContentDeletion> {
  const { resources, failures } = await discover(options.client)
  const deletable = resources.filter(
    (resource) => resource.definition.scope === 'Namespaced' && hasVerbs(resource, 'delete'),
  )
  const isPods = ({ definition: { group, plural } }: DiscoveredResource) => group === '' && plural === 'pods'
  const progress = {
    discoveryFailures: failures,
    deletionFailures: [] as string[],
    remaining: new Map<string, number>(),
    finalizers: new Map<string, number>(),
    estimateSeconds: 0,
  }
  const attempt = async (resource: DiscoveredResource): Promise<void> => {
    try {
      const left = await deleteAll(resource, options)
      if (left.length === 0) return
      progress.remaining.set(qualifiedName(resource), left.length)
      for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
        progress.finalizers.set(finalizer, (progress.finalizers.get(finalizer) ?? 0) + 1)
      }
      const seconds = isPods(resource)
        ? graceOf(left as Pod[], options) || finalizerEstimateSeconds
        : finalizerEstimateSeconds
      progress.estimateSeconds = Math.max(progress.estimateSeconds, seconds)
    } catch (error) {
      progress.deletionFailures.push(messageOf(error))
    }
  }
  await Promise.all(deletable.filter(isPods).map(attempt))
  if (progress.remaining.size > 0) return progress
  await Promise.all(deletable.filter((resource) => !isPods(resource)).map(attempt))
  return progress
}

/** Answers what is left. */
async function deleteAll(
  resource: DiscoveredResource,
  { client, namespace }: DeletionOptions,
): Promise<KubernetesObject[]> {
  const { definition } = resource
  const list = async () => (hasVerbs(resource, 'list') ? (await client.list(definition, { namespace })).items : [])
  const present = await list()
  if (present.length === 0) return []
  try {
    if (hasVerbs(resource, 'deletecollection')) {
      await client.deleteCollection(definition, { namespace }, { propagationPolicy: 'Background' })
    } else {
      for (const { metadata } of present) await client.delete(definition, metadata, { propagationPolicy: 'Background' })
    }
  } catch (error) {
    if (!isNotFound(error) && !isMethodNotSupported(error)) throw error
  }
  return list()
}

/** The longest grace period among pods that still run, unless it is over. */
function graceOf(pods: readonly Pod[], { deletedAt, now }: DeletionOptions): number {
  const running = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const grace = Math.max(0, ...running.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0))
  return now - deletedAt >= grace * 1000 ? 0 : grace
}
