import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { isClaimOfPod } from '@tandem/api/core/v1/pod-volume-claims'
import type { PersistentVolumeClaim, Pod, Volume } from '@tandem/api/core/v1/types'
import { claimNameOf } from '@tandem/api/core/v1/volume-binding'
import { controllerOf } from '@tandem/apimachinery'
import type { Controller, ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { controllerReference } from '../ownership.ts'
import { eventRule } from '../permissions.ts'

/** Makes the claims of ephemeral volumes, which go with their pod. */
export const controller: Controller<Pod> = {
  name: 'ephemeral-volume-controller',
  eventSource: 'ephemeral_volume',
  for: pods,
  watches: [
    {
      resource: persistentVolumeClaims,
      // One that was deleted under its pod is made anew.
      keys: (claim: PersistentVolumeClaim) => {
        const owner = controllerOf(claim)
        return owner?.kind === 'Pod' ? [{ namespace: claim.metadata.namespace, name: owner.name }] : []
      },
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'watch', 'create'] },
    eventRule,
  ],
  async reconcile(key, context) {
    const pod = context.informer(pods).get(key)
    if (!pod || pod.metadata.deletionTimestamp) return undefined
    for (const volume of pod.spec.volumes ?? []) {
      if (!volume.ephemeral) continue
      try {
        await ensureClaim(pod, volume, context)
      } catch (error) {
        const message = `ephemeral volume ${volume.name}: ${messageOf(error)}`
        context.recorder.record({ object: pod, type: 'Warning', reason: 'FailedBinding', message })
        throw error
      }
    }
    return undefined
  },
}

async function ensureClaim(pod: Pod, volume: Volume, { client, informer }: ControllerContext): Promise<void> {
  const { namespace } = pod.metadata
  const name = claimNameOf(pod, volume) ?? ''
  const claim = informer(persistentVolumeClaims).get({ namespace, name })
  if (claim && !isClaimOfPod(pod, claim))
    throw new Error(
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    )
  const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? {}
  if (claim || !spec) return
  try {
    await client.create(persistentVolumeClaims, {
      metadata: {
        name,
        ...(namespace && { namespace }),
        ...(metadata?.labels && { labels: metadata.labels }),
        ...(metadata?.annotations && { annotations: metadata.annotations }),
        ownerReferences: [controllerReference(pods, pod)],
      },
      spec,
    })
  } catch (error) {
    throw new Error(`create PVC ${name}: ${messageOf(error)}`, { cause: error })
  }
}
