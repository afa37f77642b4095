import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import { desiredReplicasOf, maxReplicasOf } from './annotations.ts'
import { allOf, compare, isActive, oldestFirst, type Revisions, wanted } from './replica-sets.ts'
import { maxSurge, replicasOf } from './strategy.ts'

/** A ReplicaSet and the size it should have. Also of the present size, where its annotations must follow the deployment's. */
export interface Scaling {
  replicaSet: ReplicaSet
  replicas: number
}

/** Somebody scaled the deployment since its ReplicaSets were last sized. */
export const isScalingEvent = (deployment: Deployment, revisions: Revisions): boolean =>
  allOf(revisions)
    .filter(isActive)
    .some((replicaSet) => (desiredReplicasOf(replicaSet) ?? replicasOf(deployment)) !== replicasOf(deployment))

/** Sizes after the deployment was scaled, without taking the rollout any further. */
export function scaleDeployment(deployment: Deployment, revisions: Revisions): Scaling[] {
  const only = activeOrLatest(revisions)
  if (only)
    return replicasOf(only) === replicasOf(deployment) ? [] : [{ replicaSet: only, replicas: replicasOf(deployment) }]
  if (isSaturated(deployment, revisions.current)) {
    return revisions.old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }))
  }
  return deployment.spec.strategy?.type === 'Recreate' ? [] : scaleProportionally(deployment, revisions)
}

/** The one that has pods, or else the newest; undefined in the middle of a rollout. */
function activeOrLatest(revisions: Revisions): ReplicaSet | undefined {
  const active = allOf(revisions).filter(isActive)
  if (active.length === 1) return active[0]
  return active.length > 1 ? undefined : (revisions.current ?? [...revisions.old].sort(oldestFirst).at(-1))
}

const isSaturated = (deployment: Deployment, current: ReplicaSet | undefined): boolean =>
  current !== undefined &&
  [replicasOf(current), desiredReplicasOf(current), current.status?.availableReplicas ?? 0].every(
    (count) => count === replicasOf(deployment),
  )

/** In the middle of a rollout every ReplicaSet with pods grows or shrinks by its share; the largest gets what rounding leaves. */
function scaleProportionally(deployment: Deployment, revisions: Revisions): Scaling[] {
  const active = allOf(revisions).filter(isActive)
  const allowed = replicasOf(deployment) > 0 ? replicasOf(deployment) + maxSurge(deployment) : 0
  const toAdd = allowed - wanted(active)
  active.sort(
    (a, b) =>
      replicasOf(b) - replicasOf(a) ||
      (toAdd > 0 ? oldestFirst(b, a) : oldestFirst(a, b)) ||
      compare(a.metadata.name, b.metadata.name),
  )
  let added = 0
  const sizes = active.map((replicaSet) => {
    const share = shareOf(replicaSet, { deployment, toAdd, added })
    added += share
    return { replicaSet, replicas: replicasOf(replicaSet) + share }
  })
  const [largest] = sizes
  if (largest && toAdd !== 0) largest.replicas = Math.max(0, largest.replicas + toAdd - added)
  return sizes
}

function shareOf(
  replicaSet: ReplicaSet,
  { deployment, toAdd, added }: { deployment: Deployment; toAdd: number; added: number },
): number {
  if (toAdd === 0 || toAdd === added) return 0
  const fraction = fractionOf(replicaSet, deployment)
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added)
}

/** By how much it would change if it kept its part of the whole. */
function fractionOf(replicaSet: ReplicaSet, deployment: Deployment): number {
  const size = replicasOf(replicaSet)
  if (replicasOf(deployment) === 0) return -size
  const maxBefore = maxReplicasOf(replicaSet) || (deployment.status?.replicas ?? 0)
  if (maxBefore === 0) return 0
  return Math.round((size * (replicasOf(deployment) + maxSurge(deployment))) / maxBefore) - size
}
