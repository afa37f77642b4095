import type { Deployment } from '@tandem/api/apps/v1/types'
import { scaledValue } from '@tandem/api/meta/v1/int-or-percent'

export const replicasOf = ({ spec }: { spec: { replicas?: number } }): number => spec.replicas ?? 1

const isRollingUpdate = ({ spec }: Deployment): boolean => (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'

/** How many pods there may be beside those that are wanted. */
export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0
  const value = deployment.spec.strategy?.rollingUpdate?.maxSurge ?? 0
  return scaledValue(value, { total: replicasOf(deployment), round: 'up' })
}

/** How many of those wanted may be missing. One at least, where nothing may be added: else a rollout could not move. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment)
  if (!isRollingUpdate(deployment) || replicas === 0) return 0
  const value = deployment.spec.strategy?.rollingUpdate?.maxUnavailable ?? 0
  const unavailable = scaledValue(value, { total: replicas, round: 'down' })
  return Math.min(replicas, unavailable === 0 && maxSurge(deployment) === 0 ? 1 : unavailable)
}
