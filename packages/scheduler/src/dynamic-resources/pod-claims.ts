import type { Pod, PodResourceClaim } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import { controllerOf } from '@tandem/apimachinery'
import type { Handle } from '../framework/plugin.ts'
import { assumedClaims } from './assumed-claims.ts'

/** Why the claims of a pod cannot be looked at; in upstream's words. */
export class ClaimProblem extends Error {
  readonly code = 'CLAIM'
}

/** The claims that the pod asks for, each once, as they are. Throws ClaimProblem where one is missing or is not the pod's. */
export function claimsOfPod(pod: Pod, handle: Handle): ResourceClaim[] {
  const claims = (pod.spec.resourceClaims ?? []).flatMap((entry) => claimOf(pod, entry, handle) ?? [])
  return [...new Map(claims.map((claim) => [claim.metadata.uid, claim])).values()]
}

/** Undefined where the pod needs none after all. */
function claimOf(pod: Pod, entry: PodResourceClaim, handle: Handle): ResourceClaim | undefined {
  const { namespace, name: podName, uid } = pod.metadata
  const made = pod.status?.resourceClaimStatuses?.find(({ name }) => name === entry.name)
  if (!entry.resourceClaimName && !made)
    throw new ClaimProblem(`pod "${namespace}/${podName}": ResourceClaim not created yet`)
  const name = entry.resourceClaimName ?? made?.resourceClaimName
  if (!name) return undefined
  const claim = handle.objects.get(resourceClaims, { namespace: namespace ?? '', name })
  if (!claim) throw new ClaimProblem(`resourceclaim.resource.k8s.io "${name}" not found`)
  if (claim.metadata.deletionTimestamp) throw new ClaimProblem(`resourceclaim "${name}" is being deleted`)
  if (!entry.resourceClaimName && controllerOf(claim)?.uid !== uid)
    throw new ClaimProblem(
      `ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`,
    )
  return assumedClaims(handle).latest(claim)
}

export const isReservedFor = ({ status }: ResourceClaim, pod: Pod): boolean =>
  (status?.reservedFor ?? []).some(({ uid }) => uid === pod.metadata.uid)
