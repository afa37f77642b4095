import type { HorizontalPodAutoscalerCondition, MetricSpec, MetricStatus } from '@tandem/api/autoscaling/v2/types'
import { MetricError, type MetricProposal } from './metric-proposal.ts'

type Condition = Omit<HorizontalPodAutoscalerCondition, 'lastTransitionTime'>

/** What all metrics of an autoscaler come to. */
export interface CombinedMetrics {
  /** Undefined when nothing may be done with what is known. */
  replicas: number | undefined
  /** The metric that asked for most. */
  name: string
  statuses: MetricStatus[]
  active: Condition
  /** What failed, though others may do. */
  errors: readonly MetricError[]
}

/** The greatest of all proposals. Where some metrics are missing, they might have asked for more: there is no going down then. */
export function combineMetrics(
  specs: readonly MetricSpec[],
  outcomes: readonly (MetricProposal | MetricError)[],
  specReplicas: number,
): CombinedMetrics {
  const errors = outcomes.filter((outcome) => outcome instanceof MetricError)
  const proposals = outcomes.filter((outcome): outcome is MetricProposal => !(outcome instanceof MetricError))
  const statuses = outcomes.map((outcome) => (outcome instanceof MetricError ? { type: '' } : outcome.status))
  const most = proposals.reduce<MetricProposal | undefined>(
    (best, one) => (best && best.replicas > 0 && best.replicas >= one.replicas ? best : one),
    undefined,
  )
  const [first] = errors
  if (first && (errors.length >= specs.length || (most?.replicas ?? 0) < specReplicas))
    return { replicas: undefined, name: '', statuses, active: unableToCompute(first), errors }
  const name = most?.name ?? ''
  const message = `the HPA was able to successfully calculate a replica count from ${name}`
  const active = { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message }
  return { replicas: most?.replicas ?? 0, name, statuses, active, errors }
}

const unableToCompute = ({ reason, detail }: MetricError): Condition => ({
  type: 'ScalingActive',
  status: 'False',
  reason,
  message: `the HPA was unable to compute the replica count: ${detail}`,
})

/** One sentence of all that failed. */
export const invalidMetrics = (errors: readonly MetricError[], count: number): string =>
  `invalid metrics (${errors.length} invalid out of ${count}), first error is: ${errors[0]?.message}`
