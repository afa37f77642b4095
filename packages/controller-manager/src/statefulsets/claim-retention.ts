import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import type { StatefulSet } from '@tandem/api/apps/v1/types'
import { pods } from '@tandem/api/core/v1/pod'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { apiVersionOf, type OwnerReference } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { isInRange } from './identity.ts'

const policyOf = ({ spec }: StatefulSet) => ({
  whenDeleted: 'Retain',
  whenScaled: 'Retain',
  ...spec.persistentVolumeClaimRetentionPolicy,
})

interface Claimant {
  claim: PersistentVolumeClaim
  set: StatefulSet
  pod: Pod
}

/** What the owners of a claim should be, so that it goes with its pod or with its set; undefined where they are that. */
export function wantedOwners(claimant: Claimant): OwnerReference[] | undefined {
  const { claim, set, pod } = claimant
  const owners = claim.metadata.ownerReferences ?? []
  // Of a set or a pod that had this name before: the garbage collector sees to it.
  if (owners.some((owner) => (isOf(owner, set) && !isBy(owner, set)) || (isOf(owner, pod) && !isBy(owner, pod))))
    return undefined
  const others = owners.filter((owner) => !isOf(owner, set) && !isOf(owner, pod))
  const owned = owners.filter((owner) => isBy(owner, set) || isBy(owner, pod))
  if (hasConflict(claimant)) return owned.length > 0 ? others : undefined
  const wanted = wantedControllers(claimant)
  const isRight =
    owned.length === wanted.length &&
    owned.every((owner) => owner.controller && wanted.some(({ uid }) => uid === owner.uid))
  return isRight ? undefined : [...others, ...wanted]
}

function wantedControllers({ set, pod }: Claimant): OwnerReference[] {
  const { whenDeleted, whenScaled } = policyOf(set)
  const isScaledDown = !isInRange(pod, set)
  if (whenScaled === 'Delete' && isScaledDown) return [controllerReference(pods, pod)]
  return whenDeleted === 'Delete' ? [controllerReference(statefulSets, set)] : []
}

/** Somebody else controls the claim; that is no matter where it is kept anyway. */
export function hasConflict({ claim, set, pod }: Claimant): boolean {
  const { whenDeleted, whenScaled } = policyOf(set)
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return (claim.metadata.ownerReferences ?? []).some(
    (owner) => owner.controller && !isBy(owner, set) && !isBy(owner, pod),
  )
}

/** A claim of the pod that had this name before, and is still going away. */
export const isStale = (
  claim: PersistentVolumeClaim,
  { set, podName }: { set: StatefulSet; podName: string },
): boolean =>
  policyOf(set).whenScaled !== 'Retain' &&
  (claim.metadata.ownerReferences ?? []).some(
    ({ apiVersion, kind, name }) => apiVersion === 'v1' && kind === 'Pod' && name === podName,
  )

const isBy = ({ uid }: OwnerReference, { metadata }: StatefulSet | Pod): boolean => uid === metadata.uid

const isOf = ({ apiVersion, kind, name }: OwnerReference, object: StatefulSet | Pod): boolean => {
  const definition = 'selector' in object.spec ? statefulSets : pods
  return apiVersion === apiVersionOf(definition) && kind === definition.kind && name === object.metadata.name
}
