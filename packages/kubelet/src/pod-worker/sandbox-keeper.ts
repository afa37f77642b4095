import type { Pod } from '@tandem/api/core/v1/types'
import type { Cancel } from '@tandem/component-base'
import type { PodState } from '../container-runtime/runtime.ts'
import { Backoff } from '../lifecycle/backoff.ts'
import { sandboxConfig } from '../lifecycle/sandbox-config.ts'
import { podHostname } from '../network/hosts-file.ts'
import type { PodVolumes } from '../volumes/volume-manager.ts'
import type { ContainerKiller } from './container-killer.ts'
import type { PodServices } from './services.ts'

const retryBackoff = { initialMs: 500, maxMs: 30_000 }

/** What a pod's containers stand on: its sandbox and its volumes, made side by side, tried again until they are there. */
export class SandboxKeeper {
  readonly #services: PodServices
  readonly #killer: ContainerKiller
  readonly #wake: () => void
  readonly #backoff = new Backoff(retryBackoff)
  #creating: Promise<void> | undefined
  #mounting: Promise<void> | undefined
  #mountAgain = false
  #interrupt: (() => void) | undefined
  #volumes: PodVolumes | undefined
  #pod: Pod | undefined
  #timers = new Set<Cancel>()
  #closed = false

  constructor(services: PodServices, killer: ContainerKiller, wake: () => void) {
    this.#services = services
    this.#killer = killer
    this.#wake = wake
  }

  /** Undefined until all volumes are ready. */
  get volumes(): PodVolumes | undefined {
    return this.#volumes
  }

  /** Makes a sandbox unless one is being made; volumes are mounted meanwhile. */
  ensure(pod: Pod, state: PodState, attempt: number): void {
    if (this.#closed) return
    this.adopt(pod)
    this.#creating ??= this.#create(pod, state, attempt).finally(() => {
      this.#creating = undefined
      this.#wake()
    })
  }

  /** There is a sandbox; see that there are volumes. */
  adopt(pod: Pod): void {
    this.#pod = pod
    if (!this.#volumes && !this.#mounting && !this.#closed) this.#mount()
  }

  refreshVolumes(pod: Pod): void {
    this.#pod = pod
    if (this.#volumes || this.#mounting) this.#mount()
  }

  async #create(pod: Pod, state: PodState, attempt: number): Promise<void> {
    const { runtime, cgroups, events, node, logger } = this.#services
    try {
      const running = state.containers.filter(({ state }) => state === 'running')
      if (running.length > 0) await this.#killer.killAll(pod, running, { podIP: undefined })
      for (const old of state.sandboxes) {
        if (old.ready) events.record(pod, { type: 'Normal', reason: 'SandboxChanged', message: sandboxChanged })
        await runtime.stopSandbox(old)
      }
      if (state.sandboxes.some(({ ready }) => !ready) && state.containers.length > 0)
        events.record(pod, { type: 'Normal', reason: 'SandboxChanged', message: sandboxChanged })
      if (!(await this.#prepareDevices(pod))) return
      await cgroups.createPod(pod)
      const { hostname } = podHostname(pod, node.dns.domain)
      const runtimeHandler = await this.#services.runtimeHandler(pod)
      const cgroupParent = cgroups.parentOf(pod)
      await runtime.runSandbox(sandboxConfig(pod, { attempt, hostname, cgroupParent, runtimeHandler }))
      // Only the newest is of use from now on; containers of older ones keep their logs.
      await Promise.all(state.sandboxes.map(({ id }) => runtime.removeSandbox(id)))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      logger.warn({ error, pod: pod.metadata.name, namespace: pod.metadata.namespace }, 'sandbox could not be created')
      events.record(pod, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: `Failed to create pod sandbox: ${message}`,
      })
      await this.#pause('sandbox')
    }
  }

  /** Returns whether the devices of the pod's claims are ready; waits a while where they are not. */
  async #prepareDevices(pod: Pod): Promise<boolean> {
    const { dynamicResources, events, logger } = this.#services
    try {
      await dynamicResources.prepare(pod)
      return true
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      logger.warn({ error, pod: pod.metadata.name, namespace: pod.metadata.namespace }, 'devices could not be prepared')
      const message = `Failed to prepare dynamic resources: prepare dynamic resources: ${problem}`
      events.record(pod, { type: 'Warning', reason: 'FailedPrepareDynamicResources', message })
      await this.#pause('devices')
      return false
    }
  }

  async #pause(step: string): Promise<void> {
    const { clock } = this.#services
    const now = clock.now()
    this.#backoff.next(step, { failedAt: now, now })
    await new Promise<void>((resolve) => this.#after(this.#backoff.delay(step), resolve))
  }

  #after(ms: number, callback: () => void): void {
    if (this.#closed) {
      callback()
      return
    }
    const cancel = this.#services.clock.after(ms, () => {
      this.#timers.delete(cancelAndCall)
      callback()
    })
    const cancelAndCall = () => {
      cancel()
      callback()
    }
    this.#timers.add(cancelAndCall)
  }

  #mount(): void {
    this.#mountAgain = true
    this.#interrupt?.()
    this.#mounting ??= this.#mountAll().finally(() => {
      this.#mounting = undefined
      // Asked for between the last look and here.
      if (this.#mountAgain && !this.#closed) this.#mount()
      this.#wake()
    })
  }

  async #mountAll(): Promise<void> {
    const { volumes, events, logger } = this.#services
    while (this.#mountAgain && this.#pod && !this.#closed) {
      this.#mountAgain = false
      try {
        this.#volumes = await volumes.mount(this.#pod)
        const { refreshAfter } = this.#volumes
        if (refreshAfter !== undefined) this.#after(refreshAfter, () => !this.#closed && this.#mount())
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        events.record(this.#pod, { type: 'Warning', reason: 'FailedMount', message })
        logger.warn({ error, pod: this.#pod.metadata.name }, 'volumes could not be mounted')
        // A change of something they are made of ends the pause.
        await Promise.race([this.#pause('volumes'), new Promise<void>((resolve) => (this.#interrupt = resolve))])
        this.#mountAgain = true
      }
    }
  }

  /** No new steps; resolves when those under way are over. */
  async close(): Promise<void> {
    this.stop()
    await Promise.all([this.#creating, this.#mounting])
  }

  stop(): void {
    this.#closed = true
    for (const cancel of [...this.#timers]) cancel()
    this.#timers.clear()
  }
}

const sandboxChanged = 'Pod sandbox changed, it will be killed and re-created.'
