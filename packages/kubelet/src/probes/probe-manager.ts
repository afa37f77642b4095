import type { Container, Pod, Probe } from '@tandem/api/core/v1/types'
import type { Clock } from '@tandem/component-base'
import type { ContainerRuntime, ContainerState, PodState } from '../container-runtime/runtime.ts'
import { latestStates, readySandbox } from '../lifecycle/pod-containers.ts'
import type { PodEvents } from '../lifecycle/pod-events.ts'
import { isSidecar } from '../lifecycle/restart-policy.ts'
import type { ProbeResult } from '../pod-worker/pod-actions.ts'
import type { ProbeManager } from '../pod-worker/services.ts'
import type { ProbeType } from './probe-state.ts'
import { ProbeWorker } from './probe-worker.ts'

const types: readonly ProbeType[] = ['startup', 'liveness', 'readiness']

export interface ProbesOptions {
  runtime: ContainerRuntime
  events: PodEvents
  clock: Clock
  /** A result turned: the pod is to be looked at. */
  onChange(uid: string): void
}

interface PodProbes {
  /** By container ID and type. */
  workers: Map<string, ProbeWorker>
  ending: boolean
}

const probeOf = (container: Container, type: ProbeType): Probe | undefined => container[`${type}Probe`]

/** Runs the probes of all containers that run, each on a beat of its own. */
export class Probes implements ProbeManager {
  readonly #options: ProbesOptions
  readonly #pods = new Map<string, PodProbes>()
  readonly #results = new Map<string, ProbeWorker>()

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  liveness = (containerId: string): ProbeResult | undefined => this.#result(containerId, 'liveness')
  startup = (containerId: string): ProbeResult | undefined => this.#result(containerId, 'startup')
  readiness(containerId: string): boolean | undefined {
    const result = this.#result(containerId, 'readiness')
    return result === undefined ? undefined : result === 'success'
  }

  #result(containerId: string, type: ProbeType): ProbeResult | undefined {
    return this.#results.get(`${containerId}/${type}`)?.result
  }

  follow(pod: Pod, state: PodState): void {
    const { uid } = pod.metadata
    const probes = this.#pods.get(uid) ?? { workers: new Map(), ending: false }
    this.#pods.set(uid, probes)
    const latest = latestStates(state)
    const podIP = readySandbox(pod, state)?.ips[0] ?? pod.status?.podIP
    const wanted = new Set<string>()
    const probed = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]
    for (const container of probed) {
      const current = latest.get(container.name)
      if (current?.state !== 'running') continue
      for (const type of types) {
        const probe = probeOf(container, type)
        if (!probe || (probes.ending && type !== 'readiness')) continue
        // Until it has started, a container is asked only that.
        if (type !== 'startup' && container.startupProbe && this.startup(current.id) !== 'success') continue
        const key = `${current.id}/${type}`
        wanted.add(key)
        const known = probes.workers.get(key)
        if (known) known.update(pod, podIP)
        else this.#start({ pod, container, current, type, probe, podIP, key, probes })
      }
    }
    for (const [key, worker] of probes.workers) {
      if (wanted.has(key)) continue
      worker.stop()
      probes.workers.delete(key)
      this.#results.delete(key)
    }
  }

  #start(options: {
    pod: Pod
    container: Container
    current: ContainerState
    type: ProbeType
    probe: Probe
    podIP: string | undefined
    key: string
    probes: PodProbes
  }): void {
    const { pod, container, current, type, probe, podIP, key, probes } = options
    const worker = new ProbeWorker({
      ...this.#options,
      pod,
      container,
      containerId: current.id,
      startedAt: current.startedAt,
      type,
      probe,
      podIP,
      adopted: adoptedResult(pod, container, current, type),
      onChange: () => this.#options.onChange(pod.metadata.uid),
    })
    probes.workers.set(key, worker)
    this.#results.set(key, worker)
    worker.start()
  }

  stopLivenessAndStartup(uid: string): void {
    const probes = this.#pods.get(uid)
    if (!probes) return
    probes.ending = true
    for (const [key, worker] of probes.workers) if (!key.endsWith('/readiness')) worker.stop()
  }

  forget(uid: string): void {
    for (const [key, worker] of this.#pods.get(uid)?.workers ?? []) {
      worker.stop()
      this.#results.delete(key)
    }
    this.#pods.delete(uid)
  }

  stop(): void {
    for (const uid of [...this.#pods.keys()]) this.forget(uid)
  }
}

/** What was last told of a container that ran before this kubelet did: it stays so until a probe says otherwise. */
function adoptedResult(
  pod: Pod,
  container: Container,
  current: ContainerState,
  type: ProbeType,
): ProbeResult | undefined {
  const told = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name, containerID }) => name === container.name && containerID?.endsWith(current.id),
  )
  if (!told) return undefined
  if (type === 'readiness') return told.ready ? 'success' : undefined
  return type === 'startup' && told.started ? 'success' : undefined
}
