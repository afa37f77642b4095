import type { StatefulSet, StatefulSetStatus } from '@tandem/api/apps/v1/types'
import { isPodAvailable, isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { nonZero } from '../non-zero.ts'
import { replicasOf, revisionOf } from './identity.ts'
import type { SetRevisions } from './pod-of-set.ts'

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod)

export const isUnavailable = (pod: Pod, { spec }: StatefulSet, now: number): boolean =>
  pod.metadata.deletionTimestamp !== undefined || !isPodAvailable(pod, spec.minReadySeconds ?? 0, now)

export interface Observed {
  pods: readonly Pod[]
  revisions: SetRevisions
  collisionCount: number
  now: number
}

export function setStatus(set: StatefulSet, { pods, revisions, collisionCount, now }: Observed): StatefulSetStatus {
  const { metadata, spec, status } = set
  const { current, update } = revisions
  const ready = pods.filter(isRunningAndReady)
  const lasting = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const ofRevision = (name: string) => lasting.filter((pod) => revisionOf(pod) === name).length
  const available = ready.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length
  const counts = {
    readyReplicas: ready.length,
    currentReplicas: ofRevision(current.metadata.name),
    updatedReplicas: ofRevision(update.metadata.name),
  }
  const wanted = replicasOf(set)
  // Once all are of the new revision, it is the current one.
  const isRolledOut =
    spec.updateStrategy?.type === 'RollingUpdate' &&
    counts.updatedReplicas === wanted &&
    counts.readyReplicas === wanted &&
    pods.length === wanted
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    replicas: pods.length,
    ...nonZero(isRolledOut ? { ...counts, currentReplicas: counts.updatedReplicas } : counts),
    currentRevision: (isRolledOut ? update : current).metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
    availableReplicas: available,
    ...(status?.conditions && { conditions: status.conditions }),
  }
}
