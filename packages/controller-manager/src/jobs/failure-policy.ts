import type { Job, PodFailurePolicyRule } from '@tandem/api/batch/v1/types'
import type { ContainerStatus, Pod } from '@tandem/api/core/v1/types'

/** What a job's policy says about a pod that failed. */
export interface FailureVerdict {
  /** Does it count towards the backoff limits? */
  counts: boolean
  action?: PodFailurePolicyRule['action']
  /** Why the whole job fails with it. */
  failsJob?: string
}

/** The first rule that fits decides; where none does, the failure counts as one. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const what = matched(rule, pod)
    if (what === undefined) continue
    const { action } = rule
    if (action === 'FailJob')
      return { counts: true, action, failsJob: `${what} matching ${action} rule at index ${index}` }
    return { counts: action !== 'Ignore', action }
  }
  return { counts: true }
}

function matched(
  { onExitCodes, onPodConditions }: PodFailurePolicyRule,
  { metadata, status }: Pod,
): string | undefined {
  const { namespace, name } = metadata
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes
    const fits = (container: ContainerStatus): boolean => {
      const exitCode = container.state?.terminated?.exitCode ?? 0
      if (exitCode === 0 || (containerName !== undefined && containerName !== container.name)) return false
      return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode)
    }
    const found = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(fits)
    return (
      found &&
      `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.state?.terminated?.exitCode}`
    )
  }
  const condition = (status?.conditions ?? []).find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  )
  return condition && `Pod ${namespace}/${name} has condition ${condition.type}`
}
