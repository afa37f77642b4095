import type { DaemonSet } from '@tandem/api/apps/v1/types'
import { scaledValue } from '@tandem/api/meta/v1/int-or-percent'

const rolling = ({ spec: { updateStrategy } }: DaemonSet) =>
  updateStrategy?.type === 'RollingUpdate' ? updateStrategy.rollingUpdate : undefined

export const maxSurge = (daemonSet: DaemonSet, total: number): number =>
  scaledValue(rolling(daemonSet)?.maxSurge ?? 0, { total, round: 'up' })

/** One, where neither a pod more nor one less is allowed: else an update could not move. */
export function maxUnavailable(daemonSet: DaemonSet, total: number): number {
  const unavailable = scaledValue(rolling(daemonSet)?.maxUnavailable ?? 0, { total, round: 'up' })
  return total > 0 && unavailable === 0 && maxSurge(daemonSet, total) === 0 ? 1 : unavailable
}
