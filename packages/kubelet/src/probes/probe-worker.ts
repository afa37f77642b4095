import type { Container, Pod, Probe } from '@tandem/api/core/v1/types'
import type { Cancel, Clock } from '@tandem/component-base'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'
import type { PodEvents } from '../lifecycle/pod-events.ts'
import type { ProbeResult } from '../pod-worker/pod-actions.ts'
import { attemptProbe } from './probe.ts'
import { initialResult, nextProbeState, type ProbeState, type ProbeType } from './probe-state.ts'

export interface ProbeWorkerOptions {
  pod: Pod
  container: Container
  containerId: string
  startedAt: number
  type: ProbeType
  probe: Probe
  podIP: string | undefined
  adopted: ProbeResult | undefined
  runtime: ContainerRuntime
  events: PodEvents
  clock: Clock
  onChange(): void
}

const names: Readonly<Record<ProbeType, string>> = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' }

/** Asks one container one question again and again. */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions
  #pod: Pod
  #podIP: string | undefined
  #state: ProbeState
  #cancel: Cancel | undefined
  #stopped = false

  constructor(options: ProbeWorkerOptions) {
    this.#options = options
    this.#pod = options.pod
    this.#podIP = options.podIP
    this.#state = { result: options.adopted ?? initialResult[options.type], run: 0, last: undefined }
  }

  get result(): ProbeResult {
    return this.#state.result
  }

  update(pod: Pod, podIP: string | undefined): void {
    this.#pod = pod
    this.#podIP = podIP
  }

  start(): void {
    const { clock, startedAt, probe } = this.#options
    const delay = (probe.initialDelaySeconds ?? 0) * 1000
    this.#after(Math.max(0, startedAt + delay - clock.now()))
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #after(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const { type, probe, container, containerId, runtime, onChange } = this.#options
    if (this.#stopped) return
    const startedOnce = type === 'startup' && this.#state.result === 'success'
    if (startedOnce) return
    const { healthy, warning, output } = await attemptProbe({
      probe,
      container,
      containerId,
      podIP: this.#podIP,
      runtime,
    })
    if (this.#stopped) return
    const before = this.#state.result
    const { successThreshold = 1, failureThreshold = 3 } = probe
    this.#state = nextProbeState(this.#state, healthy, { successThreshold, failureThreshold })
    if (!healthy) this.#complain(output)
    if (warning) this.#warn(output)
    if (this.#state.result !== before) onChange()
    // A failure that costs the container its life is the last question it is asked.
    if (type !== 'readiness' && this.#state.result === 'failure') return
    this.#after((probe.periodSeconds ?? 10) * 1000)
  }

  #warn(output: string): void {
    const { type, container, events } = this.#options
    const message = `${names[type]} probe warning: ${output}`
    events.record(this.#pod, { type: 'Warning', reason: 'ProbeWarning', message, container: container.name })
  }

  #complain(output: string): void {
    const { type, container, events, probe } = this.#options
    const errored =
      probe.exec === undefined &&
      probe.httpGet === undefined &&
      probe.tcpSocket === undefined &&
      probe.grpc === undefined
    const message = errored ? `${names[type]} probe errored: ${output}` : `${names[type]} probe failed: ${output}`
    events.record(this.#pod, { type: 'Warning', reason: 'Unhealthy', message, container: container.name })
  }
}
