import type { DaemonSetStatus } from '@tandem/api/apps/v1/types'
import { isPodAvailable, isPodReady } from '@tandem/api/core/v1/pod-conditions'
import { nonZero } from '../non-zero.ts'
import { nodeFit } from './node-fit.ts'
import { type DaemonView, isUpdated, oldestFirst, podsByNode } from './plan.ts'

export function daemonStatus(view: DaemonView, { acted }: { acted: boolean }): DaemonSetStatus {
  const { daemonSet, nodes, pods, now } = view
  const { metadata, spec, status } = daemonSet
  const byNode = podsByNode(pods)
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const [pod] = (byNode.get(node.metadata.name) ?? []).toSorted(oldestFirst)
    if (nodeFit(daemonSet, node) !== 'run') {
      if (pod) counts.misscheduled++
      continue
    }
    counts.desired++
    if (!pod) continue
    counts.current++
    if (isPodReady(pod)) counts.ready++
    if (isPodAvailable(pod, spec.minReadySeconds ?? 0, now)) counts.available++
    if (isUpdated(pod, view)) counts.updated++
  }
  // It has not been seen to what it says where it had to wait.
  const observedGeneration = acted ? metadata.generation : status?.observedGeneration
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    ...(observedGeneration !== undefined && { observedGeneration }),
    ...nonZero({
      updatedNumberScheduled: counts.updated,
      numberAvailable: counts.available,
      numberUnavailable: counts.desired - counts.available,
    }),
    ...(status?.collisionCount !== undefined && { collisionCount: status.collisionCount }),
    ...(status?.conditions && { conditions: status.conditions }),
  }
}
