import { isPodAvailable, isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { labelMatcherOfSet, matchesLabels } from '@tandem/apimachinery'
import { nonZero } from '../non-zero.ts'
import { timestamp } from '../timestamp.ts'
import type { ReplicaCondition, ReplicaStatus, ReplicaWorkload } from './workload.ts'

export interface Observed {
  active: readonly Pod[]
  /** Undefined where the kind does not tell. */
  terminating: readonly Pod[] | undefined
  /** What went wrong when pods were made or deleted. */
  failure: string | undefined
  now: number
}

export function replicaStatus(
  { metadata, spec, status }: ReplicaWorkload,
  { active, terminating, failure, now }: Observed,
): ReplicaStatus {
  const ofTemplate = labelMatcherOfSet(spec.template?.metadata?.labels)
  const ready = active.filter(isPodReady)
  const conditions = replicaConditions(status?.conditions ?? [], {
    failure,
    missing: (spec.replicas ?? 1) - active.length,
    now,
  })
  return {
    replicas: active.length,
    ...nonZero({
      fullyLabeledReplicas: active.filter((pod) => matchesLabels(ofTemplate, pod.metadata.labels)).length,
      readyReplicas: ready.length,
      availableReplicas: ready.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length,
    }),
    ...(terminating && { terminatingReplicas: terminating.length }),
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  }
}

function replicaConditions(
  before: readonly ReplicaCondition[],
  { failure, missing, now }: { failure: string | undefined; missing: number; now: number },
): ReplicaCondition[] {
  const type = 'ReplicaFailure'
  if (failure === undefined) return before.filter((condition) => condition.type !== type)
  if (before.some((condition) => condition.type === type)) return [...before]
  const reason = missing > 0 ? 'FailedCreate' : missing < 0 ? 'FailedDelete' : ''
  return [...before, { type, status: 'True', lastTransitionTime: timestamp(now), reason, message: failure }]
}

/** When the next ready pod will have been so for `minReadySeconds`; undefined when none is waiting. */
export function nextAvailability(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = pods
    .filter((pod) => isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, now))
    .map((pod) => {
      const since = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
      return since ? Date.parse(since) + minReadySeconds * 1000 - now : minReadySeconds * 1000
    })
  return waits.length > 0 ? Math.max(0, Math.min(...waits)) : undefined
}
