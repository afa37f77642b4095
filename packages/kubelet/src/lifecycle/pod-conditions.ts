import type { ContainerStatus, Pod, PodCondition } from '@tandem/api/core/v1/types'
import type { PodPhase } from './pod-phase.ts'
import { isSidecar } from './restart-policy.ts'

/** A condition before it is compared with the one before, which gives it its times. */
export type ConditionVerdict = Pick<PodCondition, 'type' | 'status'> & { reason?: string; message?: string }

interface ConditionInput {
  pod: Pod
  phase: PodPhase
  /** Of init containers and containers together. */
  statuses: readonly ContainerStatus[]
  sandboxReady: boolean
}

/** The conditions that belong to the kubelet; all others on a pod are somebody else's. */
export const kubeletConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
])

const verdict = (type: string, fault?: { reason?: string; message?: string }): ConditionVerdict => ({
  type,
  status: fault ? 'False' : 'True',
  ...fault,
})

/** Names as upstream prints a list of them: `[a b]`. */
const list = (names: readonly string[]): string => `[${names.join(' ')}]`

export function podConditions(input: ConditionInput): ConditionVerdict[] {
  const containersReady = containersReadyCondition(input)
  return [
    verdict('PodReadyToStartContainers', input.sandboxReady ? undefined : {}),
    initializedCondition(input),
    readyCondition(input, containersReady),
    containersReady,
    verdict('PodScheduled'),
  ]
}

function containersReadyCondition({ pod, phase, statuses }: ConditionInput): ConditionVerdict {
  const type = 'ContainersReady'
  const watched = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers].map(({ name }) => name)
  const unknown = watched.filter((name) => !statuses.some((status) => status.name === name))
  const unready = watched.filter((name) => statuses.some((status) => status.name === name && !status.ready))
  if (phase === 'Succeeded' && unknown.length === 0) return verdict(type, { reason: 'PodCompleted' })
  if (phase === 'Failed') return verdict(type, { reason: 'PodFailed' })
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(unready.length > 0 ? [`containers with unready status: ${list(unready)}`] : []),
  ]
  return verdict(type, messages.length > 0 ? { reason: 'ContainersNotReady', message: messages.join(', ') } : undefined)
}

function readyCondition({ pod }: ConditionInput, containersReady: ConditionVerdict): ConditionVerdict {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' }
  const messages: string[] = []
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = (pod.status?.conditions ?? []).find(({ type }) => type === conditionType)
    if (!gate) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`)
    else if (gate.status !== 'True')
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`)
  }
  return verdict(
    'Ready',
    messages.length > 0 ? { reason: 'ReadinessGatesNotReady', message: messages.join(', ') } : undefined,
  )
}

function initializedCondition({ pod, phase, statuses }: ConditionInput): ConditionVerdict {
  const type = 'Initialized'
  const init = pod.spec.initContainers ?? []
  const statusOf = (name: string) => statuses.find((status) => status.name === name)
  const unknown = init.filter(({ name }) => !statusOf(name)).map(({ name }) => name)
  const incomplete = init
    .filter((container) => {
      const status = statusOf(container.name)
      return status && !(isSidecar(container) ? status.started : status.ready)
    })
    .map(({ name }) => name)
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' }
  const started = pod.spec.containers.some(({ name }) => {
    const status = statusOf(name)
    return status?.started || status?.state?.terminated || status?.lastState?.terminated
  })
  if (started) return verdict(type)
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(incomplete.length > 0 ? [`containers with incomplete status: ${list(incomplete)}`] : []),
  ]
  return verdict(
    type,
    messages.length > 0 ? { reason: 'ContainersNotInitialized', message: messages.join(', ') } : undefined,
  )
}

/** Verdicts as conditions: a condition keeps its transition time while its status stays the same. */
export const asConditions = (options: {
  verdicts: readonly ConditionVerdict[]
  old: readonly PodCondition[]
  generation: number | undefined
  now: string
}): PodCondition[] =>
  options.verdicts.map((verdict) => {
    const before = options.old.find(({ type }) => type === verdict.type)
    return {
      ...(options.generation === undefined ? {} : { observedGeneration: options.generation }),
      ...verdict,
      lastTransitionTime:
        before && before.status === verdict.status && before.lastTransitionTime
          ? before.lastTransitionTime
          : options.now,
    }
  })
