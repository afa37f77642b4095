import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import type { PodState } from '../container-runtime/runtime.ts'
import type { ProbeResults } from '../pod-worker/pod-actions.ts'
import { containerStatuses, type WaitingReason } from './container-statuses.ts'
import { asConditions, type ConditionVerdict, podConditions } from './pod-conditions.ts'
import { readySandbox } from './pod-containers.ts'
import { type PodPhase, podPhase } from './pod-phase.ts'

export interface PodStatusInput {
  pod: Pod
  state: PodState
  runtimeName: string
  probes: ProbeResults & { readiness(containerId: string): boolean | undefined }
  waiting: ReadonlyMap<string, WaitingReason>
  /** As last reported by this kubelet, else as the API server has it. */
  old: PodStatus
  hostIPs: readonly string[]
  /** The pod is over whatever its restart policy says: being deleted, evicted, past its deadline. */
  terminal: boolean
  /** A resize that has not come to its end: until then containers have what they had. */
  resize?: ConditionVerdict
  /** Why the kubelet ended the pod, where it did. */
  ended?: { reason: string; message: string; disruption?: { message: string } }
  now: number
}

/** The whole status of a pod as the kubelet sees it. Conditions of others are not in it. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, state, old, hostIPs, now } = input
  const timestamp = `${new Date(now).toISOString().slice(0, 19)}Z`
  const shared = {
    pod,
    state,
    runtimeName: input.runtimeName,
    probes: input.probes,
    waiting: input.waiting,
    resizing: input.resize !== undefined,
  }
  const init = containerStatuses({ ...shared, kind: 'init', old: old.initContainerStatuses ?? [] })
  const containers = containerStatuses({ ...shared, kind: 'container', old: old.containerStatuses ?? [] })
  const ephemeral = containerStatuses({ ...shared, kind: 'ephemeral', old: old.ephemeralContainerStatuses ?? [] })
  const statuses = [...init, ...containers]
  const initialized = containers.some(({ state }) => state?.running)
  const phase =
    (input.ended && 'Failed') ?? settledPhase(old, podPhase({ pod, statuses, terminal: input.terminal, initialized }))
  const explained = input.ended ?? (phase === old.phase ? old : {})
  const verdicts = podConditions({ pod, phase, statuses, sandboxReady: readySandbox(pod, state) !== undefined })
  if (input.resize) verdicts.push(input.resize)
  if (input.ended?.disruption)
    verdicts.push({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message: input.ended.disruption.message,
    })
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(explained.reason ? { reason: explained.reason } : {}),
    ...(explained.message ? { message: explained.message } : {}),
    conditions: asConditions({
      verdicts,
      old: old.conditions ?? [],
      generation: pod.metadata.generation,
      now: timestamp,
    }),
    ...addresses(input, hostIPs),
    startTime: old.startTime ?? timestamp,
    qosClass: qosClassOf(pod),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: containers,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
  }
}

/** A pod never leaves Succeeded or Failed. */
const settledPhase = (old: PodStatus, phase: PodPhase): PodPhase =>
  old.phase === 'Succeeded' || old.phase === 'Failed' ? old.phase : phase

function addresses({ pod, state, old }: PodStatusInput, hostIPs: readonly string[]): Partial<PodStatus> {
  const ips = pod.spec.hostNetwork ? hostIPs : (readySandbox(pod, state)?.ips ?? (old.podIPs ?? []).map(({ ip }) => ip))
  return {
    ...(hostIPs[0] === undefined ? {} : { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
  }
}

/** The status of a pod that the node turned away: nothing of it ever ran. */
export const rejectedStatus = (
  pod: Pod,
  { reason, message }: { reason: string; message: string },
  now: number,
): PodStatus => ({
  ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  phase: 'Failed',
  reason,
  message,
  startTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
  qosClass: qosClassOf(pod),
})
