import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { claimNameOf, isFullyBound, storageClassOf } from '@tandem/api/core/v1/volume-binding'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import type { ObjectSource } from '../framework/plugin.ts'

/** The claims of a pod by how far they are. */
export interface PodClaims {
  bound: readonly PersistentVolumeClaim[]
  /** Bound once the pod has its node. */
  delayed: readonly PersistentVolumeClaim[]
  /** Bound without regard to the pod, and not yet. */
  immediate: readonly PersistentVolumeClaim[]
}

/** Why the claims of the pod cannot be looked at; in upstream's words. */
export class ClaimProblem extends Error {
  readonly code = 'CLAIM'
}

/** The claims that the volumes of the pod use, as they are. Throws ClaimProblem where one is missing or cannot be used. */
export function claimsOfPod(pod: Pod, objects: ObjectSource): PersistentVolumeClaim[] {
  const claims: PersistentVolumeClaim[] = []
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (name === undefined) continue
    const claim = objects.get(persistentVolumeClaims, { namespace: pod.metadata.namespace ?? '', name })
    if (!claim)
      throw new ClaimProblem(
        volume.ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`,
      )
    const { metadata, spec, status } = claim
    if (status?.phase === 'Lost')
      throw new ClaimProblem(
        `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec.volumeName ?? ''}"`,
      )
    if (metadata.deletionTimestamp) throw new ClaimProblem(`persistentvolumeclaim "${name}" is being deleted`)
    if (volume.ephemeral && !metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid))
      throw new ClaimProblem(
        `PVC ${metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`,
      )
    claims.push(claim)
  }
  return claims
}

export function sortClaims(claims: readonly PersistentVolumeClaim[], objects: ObjectSource): PodClaims {
  const isDelayed = (claim: PersistentVolumeClaim): boolean => {
    const name = storageClassOf(claim)
    const mode = name === '' ? undefined : objects.get(storageClasses, { name })?.volumeBindingMode
    return mode === 'WaitForFirstConsumer' && !claim.spec.volumeName
  }
  const open = claims.filter((claim) => !isFullyBound(claim))
  return {
    bound: claims.filter(isFullyBound),
    delayed: open.filter(isDelayed),
    immediate: open.filter((claim) => !isDelayed(claim)),
  }
}
