import type { Container, Pod, PodStatus } from '@tandem/api/core/v1/types'
import { controllerOf } from '@tandem/apimachinery'
import type { ContainerState, PodState } from '../container-runtime/runtime.ts'
import { podStatus } from '../lifecycle/pod-status.ts'
import { isSidecar } from '../lifecycle/restart-policy.ts'

/** How long the containers of a pod run before they exit with 0, as `1.5s` or `2m`: for pods that are to come to an end. */
export const durationAnnotation = 'tandem.dev/simulated-duration'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds until a pod's containers are done; undefined for those that run until they are stopped. */
export function durationOf({ metadata, spec }: Pod): number | undefined {
  if (spec.restartPolicy === 'Always' || spec.restartPolicy === undefined) return undefined
  const [, number, unit = ''] =
    /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(metadata.annotations?.[durationAnnotation] ?? '') ?? []
  if (number !== undefined) return Number(number) * (units[unit] ?? 1)
  return controllerOf({ metadata })?.kind === 'Job' ? 0 : undefined
}

export type Stage = 'running' | 'completed' | 'killed'

export const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

const isTrue = ({ status }: Pod, wanted: string): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === wanted && status === 'True')

/** Whether the pod's status says already what it would say of running containers. */
export function isSettled(pod: Pod): boolean {
  const gates = pod.spec.readinessGates ?? []
  const open = gates.every(({ conditionType }) => isTrue(pod, conditionType))
  return pod.status?.phase === 'Running' && isTrue(pod, 'Ready') === open && isTrue(pod, 'ContainersReady')
}

export interface SimulatedStatusInput {
  pod: Pod
  stage: Stage
  address: string
  now: number
}

/** What a kubelet would report if all containers of the pod had started, and had ended where the stage says so. */
export function simulatedStatus({ pod, stage, address, now }: SimulatedStatusInput): PodStatus {
  const always = () => 'success' as const
  return podStatus({
    pod,
    state: stateOf(pod, stage, address, now),
    runtimeName: 'simulated',
    probes: { liveness: always, startup: always, readiness: () => true },
    waiting: new Map(),
    old: pod.status ?? {},
    hostIPs: [],
    terminal: stage !== 'running',
    now,
  })
}

function stateOf(pod: Pod, stage: Stage, address: string, now: number): PodState {
  const { uid, name, namespace } = pod.metadata
  const started = Date.parse(pod.status?.startTime ?? '') || now
  const over = stage !== 'running'
  const container = (spec: Container, exitCode: number | undefined): ContainerState => ({
    id: `${uid}-${spec.name}`,
    name: spec.name,
    attempt: 0,
    hash: '',
    state: exitCode === undefined ? 'running' : 'exited',
    createdAt: started,
    startedAt: started,
    finishedAt: exitCode === undefined ? 0 : now,
    exitCode: exitCode ?? 0,
    ...(exitCode === undefined ? {} : { reason: exitCode === 0 ? 'Completed' : 'Error' }),
    image: spec.image ?? '',
    imageId: spec.image ?? '',
    sandboxId: uid,
  })
  const ended = stage === 'killed' ? 137 : 0
  const sandbox = {
    id: uid,
    pod: { uid, name, namespace: namespace ?? '' },
    attempt: 0,
    ready: !over,
    createdAt: started,
    hostNetwork: pod.spec.hostNetwork ?? false,
    ips: [address],
  }
  return {
    sandboxes: [sandbox],
    containers: [
      ...(pod.spec.initContainers ?? []).map((spec) => container(spec, isSidecar(spec) && !over ? undefined : 0)),
      ...pod.spec.containers.map((spec) => container(spec, over ? ended : undefined)),
    ],
  }
}
