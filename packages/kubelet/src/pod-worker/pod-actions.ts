import type { Container, Pod } from '@tandem/api/core/v1/types'
import type { ContainerState, PodState } from '../container-runtime/runtime.ts'
import { containerHash, latestStates, readySandbox } from '../lifecycle/pod-containers.ts'
import { initRestartsAfter, isSidecar, restartsAfterProbe, shouldBeStarted } from '../lifecycle/restart-policy.ts'

export type ProbeResult = 'success' | 'failure' | 'unknown'

/** What probes say of running containers, by container ID. */
export interface ProbeResults {
  liveness(containerId: string): ProbeResult | undefined
  startup(containerId: string): ProbeResult | undefined
}

export interface ContainerToKill {
  id: string
  name: string
  message: string
  reason?: 'LivenessProbe' | 'StartupProbe'
}

/** One step towards what the pod should be. */
export interface PodActions {
  /** The pod has ended or its sandbox is of no more use: whatever still runs is killed. */
  killPod: boolean
  createSandbox: boolean
  sandboxAttempt: number
  /** Names, in the order they are to be started. */
  initContainersToStart: string[]
  containersToStart: string[]
  ephemeralContainersToStart: string[]
  containersToKill: ContainerToKill[]
}

/** Compares what the pod should be with what runs. Pure: the same answer until something changes. */
export function podActions(pod: Pod, state: PodState, probes: ProbeResults): PodActions {
  const latest = latestStates(state)
  const sandbox = readySandbox(pod, state)
  const actions: PodActions = {
    killPod: sandbox === undefined,
    createSandbox: sandbox === undefined,
    sandboxAttempt: (state.sandboxes[0]?.attempt ?? -1) + 1,
    initContainersToStart: [],
    containersToStart: [],
    ephemeralContainersToStart: [],
    containersToKill: [],
  }
  if (!sandbox) return withNewSandbox(pod, latest, actions)

  for (const { name } of pod.spec.ephemeralContainers ?? [])
    if (!latest.has(name)) actions.ephemeralContainersToStart.push(name)

  const initialized = planInitContainers({ pod, latest, probes, actions })
  if (actions.killPod || !initialized) return actions

  let kept = 0
  for (const container of pod.spec.containers) {
    const current = latest.get(container.name)
    if (current?.state !== 'running') {
      if (shouldBeStarted(container, pod, current)) actions.containersToStart.push(container.name)
      continue
    }
    const fault = faultOf(container, current, probes)
    if (!fault) {
      kept++
      continue
    }
    const restart = fault.changed || restartsAfterProbe(container, pod)
    const message = restart ? `${fault.message}, will be restarted` : fault.message
    actions.containersToKill.push({
      id: current.id,
      name: container.name,
      message,
      ...(fault.reason && { reason: fault.reason }),
    })
    // Killed now, started when it has gone.
    if (restart) kept++
  }
  if (kept === 0 && actions.containersToStart.length === 0 && actions.containersToKill.length === 0) {
    actions.killPod = true
    actions.initContainersToStart = []
  }
  return actions
}

function withNewSandbox(pod: Pod, latest: ReadonlyMap<string, ContainerState>, actions: PodActions): PodActions {
  const { restartPolicy } = pod.spec
  if (restartPolicy === 'Never' && actions.sandboxAttempt > 0 && latest.size > 0)
    return { ...actions, createSandbox: false }
  const toStart = pod.spec.containers.filter((container) => {
    const runsOnce = (container.restartPolicy ?? restartPolicy) === 'OnFailure'
    const current = latest.get(container.name)
    return !(runsOnce && current?.state === 'exited' && current.exitCode === 0)
  })
  const initialized = pod.spec.containers.some(({ name }) => latest.has(name))
  if (toStart.length === 0 && initialized) return { ...actions, createSandbox: false }
  const [firstInit] = pod.spec.initContainers ?? []
  if (firstInit) return { ...actions, initContainersToStart: [firstInit.name] }
  return { ...actions, containersToStart: toStart.map(({ name }) => name) }
}

interface Fault {
  message: string
  changed: boolean
  reason?: 'LivenessProbe' | 'StartupProbe'
}

function faultOf(
  container: Container,
  current: ContainerState,
  probes: ProbeResults,
  kind = 'Container',
): Fault | undefined {
  if (current.hash !== containerHash(container))
    return { message: `${kind} ${container.name} definition changed`, changed: true }
  if (probes.liveness(current.id) === 'failure')
    return { message: `${kind} ${container.name} failed liveness probe`, changed: false, reason: 'LivenessProbe' }
  if (probes.startup(current.id) === 'failure')
    return { message: `${kind} ${container.name} failed startup probe`, changed: false, reason: 'StartupProbe' }
  return undefined
}

interface InitPlan {
  pod: Pod
  latest: ReadonlyMap<string, ContainerState>
  probes: ProbeResults
  actions: PodActions
}

/** Plans init containers; answers whether all have done their part, so that the pod's containers may start. */
function planInitContainers({ pod, latest, probes, actions }: InitPlan): boolean {
  const initContainers = pod.spec.initContainers ?? []
  // Once a container of the pod ran in this sandbox, init containers are history, even those the engine has forgotten.
  const sandboxInitialized = pod.spec.containers.some(({ name }) => {
    const state = latest.get(name)?.state
    return state === 'running' || state === 'created'
  })
  if (initContainers.length === 0) return true
  if (sandboxInitialized) {
    for (const container of initContainers)
      if (isSidecar(container)) keepSidecar({ container, latest, probes, actions })
    return true
  }
  // Later containers imply earlier ones: what matters is the last that was ever started.
  const lastStarted = initContainers.findLastIndex(({ name }) => latest.has(name))
  for (const [index, container] of initContainers.entries()) {
    if (index > lastStarted) {
      actions.initContainersToStart.push(container.name)
      return false
    }
    if (isSidecar(container)) {
      keepSidecar({ container, latest, probes, actions })
      if (index === lastStarted && !sidecarStarted(container, latest.get(container.name), probes)) return false
      continue
    }
    if (index < lastStarted) continue
    const current = latest.get(container.name)
    if (current?.state === 'running') return false
    if (current?.state === 'exited' && current.exitCode === 0) continue
    if (current?.state === 'exited' && !initRestartsAfter(container, pod, current.exitCode)) {
      actions.killPod = true
      actions.initContainersToStart = []
      return false
    }
    actions.initContainersToStart.push(container.name)
    return false
  }
  return true
}

function keepSidecar({ container, latest, probes, actions }: Omit<InitPlan, 'pod'> & { container: Container }): void {
  const current = latest.get(container.name)
  if (current?.state !== 'running') {
    actions.initContainersToStart.push(container.name)
    return
  }
  const fault = faultOf(container, current, probes, 'Init container')
  if (fault)
    actions.containersToKill.push({
      id: current.id,
      name: container.name,
      message: fault.message,
      ...(fault.reason && { reason: fault.reason }),
    })
}

const sidecarStarted = (container: Container, current: ContainerState | undefined, probes: ProbeResults): boolean =>
  current?.state === 'running' && (!container.startupProbe || probes.startup(current.id) === 'success')
