import type { Pod } from '@tandem/api/core/v1/types'
import type { ResourceClaim, ResourceClaimConsumerReference, ResourceClaimStatus } from '@tandem/api/resource/v1/types'

/** Set by the scheduler when it allocates devices: the claim stays until they are given back. */
export const finalizer = 'resource.kubernetes.io/delete-protection'
const mostConsumers = 256

export const reservationOf = ({ metadata }: Pod): ResourceClaimConsumerReference => ({
  resource: 'pods',
  name: metadata.name,
  uid: metadata.uid,
})

/** The devices are there and the pod, which has a node, is not among those that use them. */
export function mayReserve({ status }: ResourceClaim, { metadata }: Pod): boolean {
  const reserved = status?.reservedFor ?? []
  return (
    status?.allocation !== undefined &&
    reserved.length < mostConsumers &&
    !reserved.some(({ uid }) => uid === metadata.uid)
  )
}

export const isPodReference = ({ apiGroup = '', resource }: ResourceClaimConsumerReference): boolean =>
  apiGroup === '' && resource === 'pods'

/** The status without consumers that are gone, and without devices when nobody uses them; the same one where nothing changes. */
export function releasedStatus(
  claim: ResourceClaim,
  remaining: readonly ResourceClaimConsumerReference[],
): ResourceClaimStatus {
  const status = claim.status ?? {}
  const { allocation, reservedFor = [], ...rest } = status
  const isFree = remaining.length === 0 && isProtected(claim)
  const isLeaving = claim.metadata.deletionTimestamp !== undefined
  const givesBack = isFree && (remaining.length < reservedFor.length || isLeaving)
  if (remaining.length === reservedFor.length && !(givesBack && allocation)) return status
  return {
    ...rest,
    ...(allocation && !givesBack && { allocation }),
    ...(remaining.length > 0 && { reservedFor: [...remaining] }),
  }
}

export const isProtected = ({ metadata }: ResourceClaim): boolean => (metadata.finalizers ?? []).includes(finalizer)

/** May the finalizer go? Nothing is allocated, and that is because nobody uses the claim any more, or because it is being deleted. */
export const mayLetGo = (claim: ResourceClaim, { changed }: { changed: boolean }): boolean =>
  isProtected(claim) &&
  claim.status?.allocation === undefined &&
  (claim.status?.reservedFor ?? []).length === 0 &&
  (changed || claim.metadata.deletionTimestamp !== undefined)
