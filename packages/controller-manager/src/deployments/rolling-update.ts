import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import { counted, isActive, oldestFirst, type Revisions, wanted } from './replica-sets.ts'
import type { Scaling } from './scaling.ts'
import { maxSurge, maxUnavailable, replicasOf } from './strategy.ts'

type Rollout = Revisions & { current: ReplicaSet }

/** The next step of a rolling update: grow the new, or else shrink the old. Nothing when there is nothing to do, or something to wait for. */
export function rollingUpdateStep(deployment: Deployment, rollout: Rollout): Scaling[] {
  const size = newReplicaSetSize(deployment, {
    size: replicasOf(rollout.current),
    total: wanted([...rollout.old, rollout.current]),
  })
  if (size !== replicasOf(rollout.current)) return [{ replicaSet: rollout.current, replicas: size }]
  return shrinkOld(deployment, rollout)
}

/** As large as the surge allows, given all pods there are. `size` is what it has now. */
export function newReplicaSetSize(deployment: Deployment, { size, total }: { size: number; total: number }): number {
  const target = replicasOf(deployment)
  if (deployment.spec.strategy?.type === 'Recreate' || size >= target) return target
  const room = target + maxSurge(deployment) - total
  return room <= 0 ? size : size + Math.min(room, target - size)
}

/** Pods that do not work are taken first, since nobody misses them; then as many as availability allows. */
function shrinkOld(deployment: Deployment, { current, old }: Rollout): Scaling[] {
  const active = old.filter(isActive).sort(oldestFirst)
  if (active.length === 0) return []
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment)
  const newUnavailable = replicasOf(current) - (current.status?.availableReplicas ?? 0)
  const mayShrinkBy = wanted([...old, current]) - minAvailable - newUnavailable
  if (mayShrinkBy <= 0) return []

  const broken = takeBroken(active, mayShrinkBy)
  // Pods of ReplicaSets that should have none are on their way out: what they still count for availability is not spare.
  const spare = counted([...active, current], 'availableReplicas') - minAvailable
  const sizes = broken.isStale ? broken.sizes : takeFrom(broken.sizes, spare)
  return sizes.filter(({ replicaSet, replicas }) => replicas !== replicasOf(replicaSet))
}

/** A ReplicaSet with more available pods than it wants has not noticed yet that it shrank: nothing after it can be reckoned. */
function takeBroken(active: readonly ReplicaSet[], budget: number): { sizes: Scaling[]; isStale: boolean } {
  const sizes: Scaling[] = []
  let left = budget
  for (const replicaSet of active) {
    const size = replicasOf(replicaSet)
    const notAvailable = size - (replicaSet.status?.availableReplicas ?? 0)
    if (left > 0 && notAvailable < 0) return { sizes, isStale: true }
    const taken = Math.max(0, Math.min(left, notAvailable))
    sizes.push({ replicaSet, replicas: size - taken })
    left -= taken
  }
  return { sizes, isStale: false }
}

function takeFrom(sizes: readonly Scaling[], budget: number): Scaling[] {
  let left = Math.max(0, budget)
  return sizes.map(({ replicaSet, replicas }) => {
    const taken = Math.min(left, replicas)
    left -= taken
    return { replicaSet, replicas: replicas - taken }
  })
}
