import type { HorizontalPodAutoscalerCondition } from '@tandem/api/autoscaling/v2/types'
import { timestamp } from '../timestamp.ts'

/** The time of the last transition stays while the status does. */
export function withCondition(
  conditions: readonly HorizontalPodAutoscalerCondition[],
  condition: Omit<HorizontalPodAutoscalerCondition, 'lastTransitionTime'>,
  now: number,
): HorizontalPodAutoscalerCondition[] {
  const index = conditions.findIndex(({ type }) => type === condition.type)
  const old = conditions[index]
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : timestamp(now)
  const next = { ...condition, ...(lastTransitionTime && { lastTransitionTime }) }
  return index < 0 ? [...conditions, next] : conditions.with(index, next)
}
