import { namespaces } from '@tandem/api/core/v1/namespace'
import { pods } from '@tandem/api/core/v1/pod'
import type { Namespace, Pod } from '@tandem/api/core/v1/types'
import { equalJson, isNotFound } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { deletionConditions } from '../namespaces/conditions.ts'
import { deleteContent } from '../namespaces/delete-content.ts'

const finalizer = 'kubernetes'
/** What is left is looked at again at least this often: most of it goes sooner than its estimate. */
const longestWaitMs = 5_000

/** Empties a namespace that is being deleted, and then lets it go. */
export const controller: Controller<Namespace> = {
  name: 'namespace-controller',
  for: namespaces,
  watches: [
    {
      resource: pods,
      // The last pod of a namespace that goes away is what everything else in it waits for.
      keys: ({ metadata }: Pod, { informer }) =>
        metadata.namespace && informer(namespaces).get({ name: metadata.namespace })?.metadata.deletionTimestamp
          ? [{ name: metadata.namespace }]
          : [],
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch', 'delete'] },
    { apiGroups: [''], resources: ['namespaces/finalize', 'namespaces/status'], verbs: ['update'] },
    { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'delete', 'deletecollection'] },
  ],
  concurrency: 10,
  async reconcile({ name }, { client, clock, informer }) {
    if (!informer(namespaces).get({ name })?.metadata.deletionTimestamp) return undefined
    const namespace = await client.get(namespaces, { name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    const deletedAt = namespace?.metadata.deletionTimestamp
    if (!namespace || !deletedAt || !namespace.spec?.finalizers?.length) return undefined

    const progress = await deleteContent({
      client,
      namespace: name,
      deletedAt: Date.parse(deletedAt),
      now: clock.now(),
    })
    const status = {
      ...namespace.status,
      phase: 'Terminating' as const,
      conditions: deletionConditions(namespace.status?.conditions ?? [], progress, clock.now()),
    }
    const current = equalJson(status, namespace.status)
      ? namespace
      : await client.update(namespaces, { ...namespace, status }, { subresource: 'status' })
    if (progress.estimateSeconds > 0) {
      return { requeueAfter: Math.min(longestWaitMs, (progress.estimateSeconds / 2 + 1) * 1000) }
    }
    const failures = [...progress.deletionFailures, ...progress.discoveryFailures.values()]
    if (failures.length > 0) throw new Error(`namespace ${name}: ${failures.join(', ')}`)
    const finalizers = (current.spec?.finalizers ?? []).filter((other) => other !== finalizer)
    await client
      .update(namespaces, { ...current, spec: { ...current.spec, finalizers } }, { subresource: 'finalize' })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    return undefined
  },
}
