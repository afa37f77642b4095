import type { DeploymentCondition } from '@tandem/api/apps/v1/types'
import { timestamp } from '../timestamp.ts'

export interface ConditionChange {
  type: 'Available' | 'Progressing' | 'ReplicaFailure'
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

export const findCondition = (
  conditions: readonly DeploymentCondition[],
  type: string,
): DeploymentCondition | undefined => conditions.find((condition) => condition.type === type)

export const withoutCondition = (conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] =>
  conditions.filter((condition) => condition.type !== type)

/** The same status for the same reason is no news: then nothing changes, not even the times. */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  change: ConditionChange,
  now: number,
): DeploymentCondition[] {
  const before = findCondition(conditions, change.type)
  if (before?.status === change.status && before.reason === change.reason) return [...conditions]
  return replaced(conditions, change, now)
}

/** Tells of progress even where status and reason stay the same: the progress deadline runs from its update time. */
export const withProgress = (
  conditions: readonly DeploymentCondition[],
  change: ConditionChange,
  now: number,
): DeploymentCondition[] => replaced(conditions, change, now)

function replaced(
  conditions: readonly DeploymentCondition[],
  change: ConditionChange,
  now: number,
): DeploymentCondition[] {
  const before = findCondition(conditions, change.type)
  const time = timestamp(now)
  const lastTransitionTime = before?.status === change.status ? (before.lastTransitionTime ?? time) : time
  return [...withoutCondition(conditions, change.type), { ...change, lastUpdateTime: time, lastTransitionTime }]
}
