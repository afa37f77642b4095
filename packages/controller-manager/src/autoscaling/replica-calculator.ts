import { isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { groupPods, type PodGrouping, type PodGroups, type PodMetrics } from './pod-groups.ts'
import { requestOf } from './pod-request.ts'
import { isWithin, type Tolerances } from './tolerance.ts'

/** How many replicas a metric asks for, and what it says now. Amounts are in thousandths. */
export interface Proposal {
  replicas: number
  averageValue?: number
  averageUtilization?: number
  value?: number
}

const mostReplicas = 2 ** 31 - 1
const capped = (replicas: number): number => Math.min(Math.ceil(replicas), mostReplicas)

export interface PerPodInput {
  currentReplicas: number
  tolerances: Tolerances
  /** Those that the target's selector matches. */
  pods: readonly Pod[]
  metrics: PodMetrics
  grouping: PodGrouping
}

/** From the use of a resource, as a percentage of what pods request of it. */
export function utilizationReplicas(
  input: PerPodInput,
  { target, resource, container }: { target: number; resource: string; container: string | undefined },
): Proposal {
  const groups = measuredGroups(input)
  const requests = new Map(input.pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]))
  const measure = (values: ReadonlyMap<string, number>) => utilizationOf(values, requests, target)
  const { utilization, averageValue } = measure(groups.values)
  const replicas = proposedReplicas(input, groups, {
    ratioOf: (values) => measure(values).ratio,
    whenLow: (name) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target)) / 100),
  })
  return { replicas, averageUtilization: utilization, averageValue }
}

/** From an amount that pods should have on average. */
export function averageReplicas(input: PerPodInput, target: number): Proposal {
  const groups = measuredGroups(input)
  const averageValue = averageOf(groups.values)
  const replicas = proposedReplicas(input, groups, {
    ratioOf: (values) => averageOf(values) / target,
    whenLow: () => target,
  })
  return { replicas, averageValue }
}

function measuredGroups({ pods, metrics, grouping }: PerPodInput): PodGroups {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = groupPods(pods, metrics, grouping)
  if (groups.values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  return groups
}

interface Measure {
  ratioOf(values: ReadonlyMap<string, number>): number
  /** What a pod that was not measured is taken to use when the others use little. */
  whenLow(name: string): number
}

/** Pods of which nothing is known are taken to stand against the change: it must hold with them, and in the same direction. */
function proposedReplicas(
  { currentReplicas, tolerances }: PerPodInput,
  { ready, unready, missing, values }: PodGroups,
  { ratioOf, whenLow }: Measure,
): number {
  const ratio = ratioOf(values)
  const isUp = ratio > 1
  const isDown = ratio < 1
  const countUnready = unready.length > 0 && isUp
  if (!countUnready && missing.length === 0)
    return isWithin(tolerances, ratio) ? currentReplicas : capped(ratio * ready)

  const assumed = new Map(values)
  for (const name of missing) {
    if (isDown) assumed.set(name, whenLow(name))
    else if (isUp) assumed.set(name, 0)
  }
  if (countUnready) for (const name of unready) assumed.set(name, 0)
  const damped = ratioOf(assumed)
  if (isWithin(tolerances, damped) || (isDown && damped > 1) || (isUp && damped < 1)) return currentReplicas
  const replicas = capped(damped * assumed.size)
  const turns = (damped < 1 && replicas > currentReplicas) || (damped > 1 && replicas < currentReplicas)
  return turns ? currentReplicas : replicas
}

function utilizationOf(
  values: ReadonlyMap<string, number>,
  requests: ReadonlyMap<string, number>,
  target: number,
): { ratio: number; utilization: number; averageValue: number } {
  let used = 0
  let requested = 0
  let counted = 0
  for (const [name, value] of values) {
    const request = requests.get(name)
    if (request === undefined) continue
    used += value
    requested += request
    counted++
  }
  if (requested === 0) throw new Error('no metrics returned matched known pods')
  const utilization = Math.trunc((used * 100) / requested)
  return { ratio: utilization / target, utilization, averageValue: Math.trunc(used / counted) }
}

const averageOf = (values: ReadonlyMap<string, number>): number =>
  Math.trunc([...values.values()].reduce((sum, value) => sum + value, 0) / values.size)

/** From one value for all pods together. From zero replicas there is nothing to divide by: the ratio itself is the number. */
export function valueReplicas({
  currentReplicas,
  tolerances,
  pods,
  value,
  target,
}: {
  currentReplicas: number
  tolerances: Tolerances
  pods: readonly Pod[]
  value: number
  target: number
}): Proposal {
  const ratio = value / target
  if (currentReplicas === 0) return { replicas: capped(ratio), value }
  if (isWithin(tolerances, ratio)) return { replicas: currentReplicas, value }
  if (pods.length === 0)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length
  return { replicas: capped(ratio * ready), value }
}

/** From one value of which each pod should have a share. */
export function shareReplicas({
  statusReplicas,
  tolerances,
  value,
  target,
}: {
  statusReplicas: number
  tolerances: Tolerances
  value: number
  target: number
}): Proposal {
  const ratio = value / (target * statusReplicas)
  const replicas = isWithin(tolerances, ratio) ? statusReplicas : capped(value / target)
  return { replicas, averageValue: Math.ceil(value / Math.max(1, statusReplicas)) }
}
