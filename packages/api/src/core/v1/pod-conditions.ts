import type { Container, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from './types.ts'

export const findPodCondition = (status: PodStatus | undefined, type: string): PodCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

export const isPodConditionTrue = (pod: Pod, type: string): boolean =>
  findPodCondition(pod.status, type)?.status === 'True'

export const isPodReady = (pod: Pod): boolean => isPodConditionTrue(pod, 'Ready')

/** Has the pod run to its end? Its containers will not start again. */
export const isPodTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

/** Neither ended nor being deleted: what controllers count as one of theirs. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !pod.metadata.deletionTimestamp

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = findPodCondition(pod.status, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  return Boolean(ready.lastTransitionTime) && Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now
}

/** Sets a condition, in place; its transition time stays while its status does. */
export function setPodCondition(status: PodStatus, condition: PodCondition, now: number): void {
  const conditions = status.conditions ?? []
  const index = conditions.findIndex(({ type }) => type === condition.type)
  const old = conditions[index]
  const lastTransitionTime =
    old?.status === condition.status && old.lastTransitionTime
      ? old.lastTransitionTime
      : new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  const next = { ...condition, lastTransitionTime }
  status.conditions = index < 0 ? [...conditions, next] : conditions.with(index, next)
}

export const findContainerStatus = (
  statuses: readonly ContainerStatus[] | undefined,
  name: string,
): ContainerStatus | undefined => statuses?.find((status) => status.name === name)

/** The container's own rule for this exit code, then its own policy, then the pod's. */
export function containerShouldRestart(spec: PodSpec, container: Container, exitCode: number): boolean {
  const policy = container.restartPolicy ?? spec.restartPolicy ?? 'Always'
  if (container.restartPolicy !== undefined) {
    const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
      if (!exitCodes) return false
      const listed = (exitCodes.values ?? []).includes(exitCode)
      return exitCodes.operator === 'In' ? listed : exitCodes.operator === 'NotIn' && !listed
    })
    if (rule) return true
  }
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}
