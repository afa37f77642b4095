import type { Pod } from '@tandem/api/core/v1/types'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import { equalJson } from '@tandem/apimachinery'
import type { ClusterChange } from '../framework/cluster-event.ts'
import type { Handle } from '../framework/plugin.ts'
import { ClaimProblem, claimsOfPod } from './pod-claims.ts'

/** Could the change help a pod that waits for devices, or for its claims? */
export function mayHelpWithClaims(pod: Pod, change: ClusterChange, handle: Handle): boolean {
  // Who was not bound after all gives back devices that were only taken in memory.
  if ('pod' in change) return (change.pod.pod.spec.resourceClaims ?? []).length > 0
  if (!('object' in change) || !change.event.startsWith('ResourceClaim')) return true
  return mayClaimHelp(pod, { claim: change.object as ResourceClaim, old: change.old as ResourceClaim, handle })
}

interface ClaimChange {
  claim: ResourceClaim
  old: ResourceClaim | undefined
  handle: Handle
}

function mayClaimHelp(pod: Pod, { claim, old, handle }: ClaimChange): boolean {
  try {
    const isOurs = claimsOfPod(pod, handle).some(({ metadata }) => metadata.uid === claim.metadata.uid)
    if (old?.status?.allocation && !claim.status?.allocation) return true
    return isOurs && (old === undefined || !equalJson(old.status ?? {}, claim.status ?? {}))
  } catch (error) {
    // It lacks another one still.
    if (error instanceof ClaimProblem) return false
    throw error
  }
}
