import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { claimNamesOf } from '@tandem/api/core/v1/pod-volume-claims'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { keyOf } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { usesClaim } from '../storage-protection/claim-use.ts'
import { applyProtection, protectionStep } from '../storage-protection/finalizer.ts'

const finalizer = 'kubernetes.io/pvc-protection'
const byClaim = 'claim'

/** A claim that is deleted stays until no pod uses it. */
export const controller: Controller<PersistentVolumeClaim> = {
  name: 'persistentvolumeclaim-protection-controller',
  role: 'pvc-protection-controller',
  for: persistentVolumeClaims,
  watches: [
    {
      resource: pods,
      keys: (pod: Pod, { informer }) =>
        claimNamesOf(pod)
          .map((name) => ({ namespace: pod.metadata.namespace, name }))
          .filter((key) => informer(persistentVolumeClaims).get(key)?.metadata.deletionTimestamp),
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'watch', 'update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'get'] },
    eventRule,
  ],
  setup({ informer }) {
    informer(pods).addIndex(byClaim, (pod) =>
      claimNamesOf(pod).map((name) => keyOf({ namespace: pod.metadata.namespace, name })),
    )
  },
  async reconcile(key, { client, informer }) {
    const object = informer(persistentVolumeClaims).get(key)
    if (!object) return undefined
    const isUsed = async () => {
      if (
        informer(pods)
          .byIndex(byClaim, keyOf(key))
          .some((pod) => usesClaim(pod, object))
      )
        return true
      // A pod that was scheduled just now may not be in the cache yet.
      const { items } = await client.list(pods, { namespace: key.namespace ?? '' })
      return items.some((pod) => usesClaim(pod, object))
    }
    const step = protectionStep(object, finalizer, object.metadata.deletionTimestamp ? await isUsed() : true)
    await applyProtection(client, { resource: persistentVolumeClaims, object, finalizer, step })
    return undefined
  },
}
