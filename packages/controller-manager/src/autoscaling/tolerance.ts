import type { HorizontalPodAutoscaler } from '@tandem/api/autoscaling/v2/types'
import { quantityToNumber } from '@tandem/apimachinery'

/** How far from the target is near enough, each way. */
export interface Tolerances {
  scaleDown: number
  scaleUp: number
}

/** The controller's own, where the autoscaler's behavior has none. */
export function tolerancesOf({ spec }: HorizontalPodAutoscaler, preset: number): Tolerances {
  const of = (tolerance: string | undefined): number => (tolerance === undefined ? preset : quantityToNumber(tolerance))
  return { scaleDown: of(spec.behavior?.scaleDown?.tolerance), scaleUp: of(spec.behavior?.scaleUp?.tolerance) }
}

export const isWithin = ({ scaleDown, scaleUp }: Tolerances, ratio: number): boolean =>
  1 - scaleDown <= ratio && ratio <= 1 + scaleUp
