import type {
  ContainerState as ApiContainerState,
  Container,
  ContainerStatus,
  EphemeralContainer,
  Pod,
} from '@tandem/api/core/v1/types'
import type { ContainerState, PodState } from '../container-runtime/runtime.ts'
import type { ProbeResults } from '../pod-worker/pod-actions.ts'
import { isSidecar, shouldBeStarted } from './restart-policy.ts'

/** Why a container that should run does not: a waiting reason in upstream's words. */
export interface WaitingReason {
  reason: string
  message?: string
}

export interface ContainerStatusInput {
  pod: Pod
  state: PodState
  runtimeName: string
  probes: ProbeResults & { readiness(containerId: string): boolean | undefined }
  waiting: ReadonlyMap<string, WaitingReason>
  /** The statuses of the pod as it was last reported. */
  old: readonly ContainerStatus[]
  kind: 'init' | 'container' | 'ephemeral'
  /** What the spec asks for is not what the containers have. */
  resizing?: boolean
}

const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

export function containerStatuses(input: ContainerStatusInput): ContainerStatus[] {
  return containersOf(input).map((container) => statusOf(container, input))
}

const containersOf = ({ pod, kind }: ContainerStatusInput): readonly (Container | EphemeralContainer)[] => {
  if (kind === 'container') return pod.spec.containers
  return (kind === 'init' ? pod.spec.initContainers : pod.spec.ephemeralContainers) ?? []
}

function statusOf(container: Container | EphemeralContainer, input: ContainerStatusInput): ContainerStatus {
  const { pod, state, runtimeName, kind } = input
  const [latest, before] = state.containers.filter(({ name }) => name === container.name)
  const old = input.old.find(({ name }) => name === container.name)
  if (!latest) return statusWithoutContainer(container, old, input)

  const status: ContainerStatus = {
    name: container.name,
    image: latest.image,
    imageID: latest.imageId,
    containerID: `${runtimeName}://${latest.id}`,
    restartCount: latest.attempt,
    ready: false,
    started: false,
    state: apiState(latest, runtimeName),
    lastState: before ? apiState(before, runtimeName) : (old?.lastState ?? {}),
    ...(input.resizing && old?.resources ? resourcesBefore(old) : resourcesOf(container)),
    ...mountsOf(container),
  }
  const reason = input.waiting.get(container.name)
  const finishedInit = kind === 'init' && latest.state === 'exited' && latest.exitCode === 0 && !isSidecar(container)
  if (reason && !finishedInit && shouldBeStarted(container, pod, latest)) {
    if (status.state?.terminated) status.lastState = status.state
    status.state = { waiting: { ...reason } }
  }
  return { ...status, ...readinessOf(container, latest, input) }
}

/** Before its first start, or after the engine has forgotten it. */
function statusWithoutContainer(
  container: Container | EphemeralContainer,
  old: ContainerStatus | undefined,
  { pod, waiting, kind }: ContainerStatusInput,
): ContainerStatus {
  const reason = (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating'
  const status: ContainerStatus = {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    restartCount: old?.restartCount ?? 0,
    ready: false,
    started: false,
    state: { waiting: { ...(waiting.get(container.name) ?? { reason }) } },
    lastState: old?.lastState ?? {},
    ...resourcesOf(container),
    ...mountsOf(container),
  }
  if (old?.state?.terminated)
    return { ...old, ready: kind === 'init' && old.state.terminated.exitCode === 0, started: false }
  if (old?.state?.running && !old.lastState?.terminated) {
    // It did run, and nobody can say how it ended.
    status.lastState = {
      terminated: {
        reason: 'ContainerStatusUnknown',
        message: 'The container could not be located when the pod was deleted.  The container used to be Running',
        exitCode: 137,
      },
    }
    if (!pod.metadata.deletionTimestamp) status.restartCount += 1
  }
  return status
}

function apiState(state: ContainerState, runtimeName: string): ApiContainerState {
  if (state.state === 'running') return { running: { startedAt: rfc3339(state.startedAt) } }
  if (state.state === 'exited')
    return {
      terminated: {
        exitCode: state.exitCode,
        reason: state.reason ?? 'Error',
        ...(state.message ? { message: state.message } : {}),
        startedAt: rfc3339(state.startedAt),
        finishedAt: rfc3339(state.finishedAt),
        containerID: `${runtimeName}://${state.id}`,
      },
    }
  return { waiting: {} }
}

function readinessOf(
  container: Container | EphemeralContainer,
  latest: ContainerState,
  { probes, kind }: ContainerStatusInput,
): { ready: boolean; started: boolean } {
  const running = latest.state === 'running'
  if (kind === 'ephemeral') return { ready: false, started: running }
  if (kind === 'init' && !isSidecar(container)) {
    return { ready: latest.state === 'exited' && latest.exitCode === 0, started: running }
  }
  const started = running && (!container.startupProbe || probes.startup(latest.id) === 'success')
  const ready = started && (!container.readinessProbe || probes.readiness(latest.id) === true)
  return { ready, started }
}

const resourcesBefore = ({ allocatedResources, resources }: ContainerStatus): Partial<ContainerStatus> => ({
  ...(allocatedResources ? { allocatedResources } : {}),
  ...(resources ? { resources } : {}),
})

const resourcesOf = ({ resources }: Container | EphemeralContainer): Partial<ContainerStatus> => ({
  ...(resources?.requests ? { allocatedResources: resources.requests } : {}),
  resources: {
    ...(resources?.limits && { limits: resources.limits }),
    ...(resources?.requests && { requests: resources.requests }),
  },
})

const mountsOf = ({ volumeMounts }: Container | EphemeralContainer): Partial<ContainerStatus> =>
  volumeMounts && volumeMounts.length > 0
    ? {
        volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
          name,
          mountPath,
          ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' as const } : {}),
        })),
      }
    : {}
