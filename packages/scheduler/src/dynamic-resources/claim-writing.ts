import type { Pod } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { AllocationResult, ResourceClaim, ResourceClaimConsumerReference } from '@tandem/api/resource/v1/types'
import { isConflict } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'

/** As long as it is there, devices are allocated, and the claim is not to go. */
export const finalizer = 'resource.kubernetes.io/delete-protection'
const maxTries = 5

export interface Reservation {
  claim: ResourceClaim
  pod: Pod
  /** To be written too, where the claim has none. */
  allocation?: AllocationResult | undefined
  now: number
}

const nameOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`

/** Writes that the pod uses the claim, and which devices it has. Returns the claim as written. */
export async function writeReservation(client: Client, reservation: Reservation): Promise<ResourceClaim> {
  let { claim } = reservation
  for (let tries = 1; ; tries++) {
    try {
      return await writeOnce(client, { ...reservation, claim })
    } catch (error) {
      if (!isConflict(error) || tries >= maxTries) throw error
      claim = await client.get(resourceClaims, claim.metadata)
    }
  }
}

async function writeOnce(client: Client, { claim, pod, allocation, now }: Reservation): Promise<ResourceClaim> {
  if (claim.metadata.deletionTimestamp) throw new Error(`claim ${nameOf(claim)} got deleted in the meantime`)
  if (allocation && claim.status?.allocation)
    throw new Error(`claim ${nameOf(claim)} got allocated elsewhere in the meantime`)
  const kept = allocation ? await withFinalizer(client, claim) : claim
  const present = allocation ?? kept.status?.allocation
  if (!present) throw new Error(`claim ${nameOf(claim)} got deallocated elsewhere in the meantime`)
  const status = {
    ...kept.status,
    allocation: { ...present, allocationTimestamp: present.allocationTimestamp ?? secondOf(now) },
    reservedFor: [...(kept.status?.reservedFor ?? []), consumerOf(pod)],
  }
  return client.update(resourceClaims, { ...kept, status }, { subresource: 'status' })
}

const secondOf = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`

const consumerOf = ({ metadata: { name, uid } }: Pod): ResourceClaimConsumerReference => ({
  resource: 'pods',
  name,
  uid,
})

async function withFinalizer(client: Client, claim: ResourceClaim): Promise<ResourceClaim> {
  const { finalizers = [] } = claim.metadata
  if (finalizers.includes(finalizer)) return claim
  return client.update(resourceClaims, {
    ...claim,
    metadata: { ...claim.metadata, finalizers: [...finalizers, finalizer] },
  })
}

/** Takes the pod out again, whatever else changed meanwhile. */
export async function removeReservation(client: Client, claim: ResourceClaim, pod: Pod): Promise<void> {
  const { uid } = pod.metadata
  const body = { metadata: { uid: claim.metadata.uid }, status: { reservedFor: [{ $patch: 'delete', uid }] } }
  await client.patch(resourceClaims, claim.metadata, { type: 'strategic', body }, { subresource: 'status' })
}

/** Gives the devices back. */
export async function deallocate(client: Client, claim: ResourceClaim): Promise<void> {
  await client.update(resourceClaims, { ...claim, status: {} }, { subresource: 'status' })
}
