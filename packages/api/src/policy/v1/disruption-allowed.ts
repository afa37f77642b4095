import type { Condition } from '../../meta/v1/types.ts'
import type { PodDisruptionBudgetStatus } from './types.ts'

const type = 'DisruptionAllowed'

export const disruptionAllowed = ({ conditions = [] }: PodDisruptionBudgetStatus): Condition | undefined =>
  conditions.find((condition) => condition.type === type)

/** The conditions of a status, as what it allows has it. */
export function withDisruptionAllowed(
  status: PodDisruptionBudgetStatus,
  { now, failure }: { now: number; failure?: string },
): Condition[] {
  const { conditions = [], observedGeneration = 0, disruptionsAllowed = 0 } = status
  const before = disruptionAllowed(status)
  const isAllowed = failure === undefined && disruptionsAllowed > 0
  const value = isAllowed ? 'True' : 'False'
  const next: Condition = {
    type,
    status: value,
    observedGeneration,
    lastTransitionTime:
      before?.status === value ? before.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`,
    reason: failure !== undefined ? 'SyncFailed' : isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: failure ?? '',
  }
  return before ? conditions.map((condition) => (condition === before ? next : condition)) : [...conditions, next]
}
