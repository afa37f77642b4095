import { findPodCondition } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'

/** What a metric says of one pod, in thousandths. */
export interface PodMetric {
  value: number
  /** Milliseconds since the epoch. */
  time: number
  windowMs: number
}

/** By the pod's name. */
export type PodMetrics = ReadonlyMap<string, PodMetric>

export interface Readiness {
  /** How long CPU of a starting pod says little of its load. */
  cpuInitializationMs: number
  /** How long after its start a pod that is not ready counts as never having been. */
  initialReadinessMs: number
}

export interface PodGroups {
  ready: number
  /** Started too lately for what is measured to mean anything. */
  unready: string[]
  missing: string[]
  /** Measured, and of those that count. */
  values: Map<string, number>
}

export interface PodGrouping extends Readiness {
  /** Only CPU is distorted by starting. */
  isCpu: boolean
  now: number
}

export function groupPods(pods: readonly Pod[], metrics: PodMetrics, grouping: PodGrouping): PodGroups {
  const groups: PodGroups = { ready: 0, unready: [], missing: [], values: new Map() }
  const left = new Set<string>()
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const phase = pod.status?.phase ?? 'Pending'
    const metric = metrics.get(name)
    if (deletionTimestamp || phase === 'Failed') left.add(name)
    else if (phase === 'Pending') groups.unready.push(name)
    else if (!metric) groups.missing.push(name)
    else if (grouping.isCpu && isStarting(pod, metric, grouping)) groups.unready.push(name)
    else groups.ready++
  }
  for (const name of groups.unready) left.add(name)
  for (const [name, { value }] of metrics) if (!left.has(name)) groups.values.set(name, value)
  return groups
}

function isStarting(pod: Pod, { time, windowMs }: PodMetric, grouping: PodGrouping): boolean {
  const condition = findPodCondition(pod.status, 'Ready')
  const started = pod.status?.startTime
  if (!condition || !started) return true
  const startedAt = Date.parse(started)
  const changedAt = condition.lastTransitionTime ? Date.parse(condition.lastTransitionTime) : Number.NEGATIVE_INFINITY
  const isUnready = condition.status === 'False'
  // As long as it may still be starting, its use must have been measured wholly since it became ready.
  if (startedAt + grouping.cpuInitializationMs > grouping.now) return isUnready || time < changedAt + windowMs
  return isUnready && startedAt + grouping.initialReadinessMs > changedAt
}
