import { isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { scaledValue } from '@tandem/api/meta/v1/int-or-percent'
import { withDisruptionAllowed } from '@tandem/api/policy/v1/disruption-allowed'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '@tandem/api/policy/v1/types'

/** A pod that was to be evicted is counted out for so long; then it is not believed any more that it goes. */
const deletionTimeoutMs = 120_000

/** Does the budget have to know how many pods there should be, and not only how many there are? */
export const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string'

export interface Evictions {
  /** Pods whose eviction was granted, with the time. */
  pending: Record<string, string>
  /** Pods that should have gone and did not. */
  overdue: Pod[]
  /** Milliseconds until the first of them is overdue. */
  recheckMs: number | undefined
}

export function evictionsOf(budget: PodDisruptionBudget, pods: readonly Pod[], now: number): Evictions {
  const granted = budget.status?.disruptedPods ?? {}
  const evictions: Evictions = { pending: {}, overdue: [], recheckMs: undefined }
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const time = granted[name]
    if (time === undefined || deletionTimestamp) continue
    const left = Date.parse(time) + deletionTimeoutMs - now
    if (left < 0) {
      evictions.overdue.push(pod)
      continue
    }
    evictions.pending[name] = time
    evictions.recheckMs = Math.min(evictions.recheckMs ?? left, left)
  }
  return evictions
}

export interface Guarded {
  pods: readonly Pod[]
  pending: Readonly<Record<string, string>>
  /** How many pods their controllers want, where the budget needs to know. */
  scale: number
  now: number
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  { pods, pending, scale, now }: Guarded,
): PodDisruptionBudgetStatus {
  const expectedPods = needsScale(budget) ? scale : pods.length
  const desiredHealthy = desired(budget, expectedPods)
  const currentHealthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && pending[pod.metadata.name] === undefined && isPodReady(pod),
  ).length
  // Where nothing is expected yet nothing may go: pods may appear before they are counted.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
  const status: PodDisruptionBudgetStatus = {
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    ...(Object.keys(pending).length > 0 && { disruptedPods: { ...pending } }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...(budget.status?.conditions && { conditions: budget.status.conditions }),
  }
  return { ...status, conditions: withDisruptionAllowed(status, { now }) }
}

function desired({ spec }: PodDisruptionBudget, expected: number): number {
  const { minAvailable, maxUnavailable } = spec ?? {}
  if (maxUnavailable !== undefined)
    return Math.max(0, expected - scaledValue(maxUnavailable, { total: expected, round: 'up' }))
  if (minAvailable === undefined) return 0
  return scaledValue(minAvailable, { total: expected, round: 'up' })
}

/** Nothing may be evicted while it is not known how many may. */
export function failedStatus(
  { status }: PodDisruptionBudget,
  { failure, now }: { failure: string; now: number },
): PodDisruptionBudgetStatus {
  const closed: PodDisruptionBudgetStatus = {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...status,
    disruptionsAllowed: 0,
  }
  return { ...closed, conditions: withDisruptionAllowed(closed, { now, failure }) }
}
