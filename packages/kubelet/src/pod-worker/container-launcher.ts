import type { Pod } from '@tandem/api/core/v1/types'
import type { ContainerState, PodState, SandboxState } from '../container-runtime/runtime.ts'
import { Backoff, durationText } from '../lifecycle/backoff.ts'
import type { WaitingReason } from '../lifecycle/container-statuses.ts'
import { containerHash, findContainer, latestStates } from '../lifecycle/pod-containers.ts'
import { podText } from '../lifecycle/pod-events.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { PodVolumes } from '../volumes/volume-manager.ts'
import { type ContainerStart, ContainerStarter } from './container-starter.ts'
import type { PodActions } from './pod-actions.ts'
import type { PodServices } from './services.ts'

export interface Launch {
  pod: Pod
  state: PodState
  sandbox: SandboxState
  volumes: PodVolumes
  actions: PodActions
}

/** A start that failed before there was a container is tried again this often. */
const retryAfterFailure = 10_000

/** Failures of a container that was made. */
const endedReasons = new Set(['RunContainerError', 'PostStartHookError'])

/** Containers that ended are kept for their logs: the last of each. */
const keptEnded = 1

/**
 * Starts a pod's containers in order, one at a time: a postStart hook of one holds back the next. What failed before waits out
 * its backoff, and says so.
 */
export class ContainerLauncher {
  readonly #services: PodServices
  readonly #starter: ContainerStarter
  readonly #wake: () => void
  readonly #waiting: Map<string, WaitingReason>
  readonly #restarts = new Backoff()
  readonly #starting = new Set<string>()
  /** When a container whose start failed may be tried again. */
  readonly #notBefore = new Map<string, number>()
  #tail: Promise<void> = Promise.resolve()
  #nextAttempt = Number.POSITIVE_INFINITY
  readonly #ending = new AbortController()

  constructor(services: PodServices, { wake, waiting }: { wake: () => void; waiting: Map<string, WaitingReason> }) {
    this.#services = services
    this.#starter = new ContainerStarter(services)
    this.#wake = wake
    this.#waiting = waiting
  }

  /** Milliseconds until some container comes out of its backoff. */
  get nextAttempt(): number {
    return this.#nextAttempt
  }

  /** Works out which containers have to wait, before anything is reported or started. */
  noteBackoff(pod: Pod, state: PodState, actions: PodActions): void {
    const { clock, events } = this.#services
    const now = clock.now()
    const latest = latestStates(state)
    this.#nextAttempt = Number.POSITIVE_INFINITY
    for (const name of [...actions.initContainersToStart, ...actions.containersToStart]) {
      if (this.#starting.has(name)) continue
      const ended = latest.get(name)
      if (ended?.state !== 'exited') continue
      const key = this.#key(pod, name)
      const remaining = this.#restarts.remaining(key, { failedAt: ended.finishedAt, now })
      if (remaining <= 0) continue
      this.#nextAttempt = Math.min(this.#nextAttempt, remaining)
      const message = `back-off ${durationText(this.#restarts.delay(key))} restarting failed container=${name} pod=${podText(pod)}`
      if (this.#waiting.get(name)?.message === message) continue
      this.#waiting.set(name, { reason: 'CrashLoopBackOff', message })
      events.record(pod, {
        type: 'Warning',
        reason: 'BackOff',
        message: `Back-off restarting failed container ${name} in pod ${podText(pod)}`,
        container: name,
      })
    }
    for (const [name, at] of this.#notBefore) {
      if (at > now) this.#nextAttempt = Math.min(this.#nextAttempt, at - now)
      else this.#notBefore.delete(name)
    }
  }

  /** Something that containers refer to has changed: those that failed for it need not wait. */
  retryNow(): void {
    for (const name of [...this.#notBefore.keys()])
      if (this.#waiting.get(name)?.reason === 'CreateContainerConfigError') this.#notBefore.delete(name)
  }

  launch({ pod, state, sandbox, volumes, actions }: Launch): void {
    const latest = latestStates(state)
    for (const name of [
      ...actions.ephemeralContainersToStart,
      ...actions.initContainersToStart,
      ...actions.containersToStart,
    ]) {
      const container = findContainer(pod, name)?.container
      if (!container || this.#starting.has(name) || this.#ending.signal.aborted) continue
      const before = latest.get(name)
      if (this.#mustWait(pod, name, before)) continue
      this.#starting.add(name)
      const attempt = before ? before.attempt + 1 : forgottenAttempts(pod, name)
      const targetName = 'targetContainerName' in container ? container.targetContainerName : undefined
      const targetContainerId = targetName ? latest.get(targetName)?.id : undefined
      const target = targetContainerId ? { targetContainerId } : {}
      this.#tail = this.#tail.then(() =>
        this.#start({ pod, container, sandbox, attempt, ...target, volumes, signal: this.#ending.signal }, state),
      )
    }
  }

  #mustWait(pod: Pod, name: string, before: ContainerState | undefined): boolean {
    const now = this.#services.clock.now()
    if ((this.#notBefore.get(name) ?? 0) > now) return true
    if (before?.state !== 'exited') return false
    const key = this.#key(pod, name)
    if (this.#restarts.remaining(key, { failedAt: before.finishedAt, now }) > 0) return true
    this.#restarts.next(key, { failedAt: before.finishedAt, now })
    return false
  }

  async #start(start: ContainerStart, state: PodState): Promise<void> {
    const { name } = start.container
    if (this.#ending.signal.aborted) return
    try {
      await this.#starter.start(start)
      this.#waiting.delete(name)
      this.#notBefore.delete(name)
      await this.#removeOlder(name, state)
    } catch (error) {
      if (!start.signal.aborted) this.#failed(name, error)
    } finally {
      this.#starting.delete(name)
      this.#wake()
    }
  }

  #failed(name: string, error: unknown): void {
    const { clock, logger } = this.#services
    const message = error instanceof Error ? error.message : String(error)
    const reason = error instanceof StartError ? error.code : 'CreateContainerError'
    logger.info({ container: name, reason, message }, 'container could not be started')
    this.#waiting.set(name, { reason, message })
    // There is a container that ended: its restarts have a backoff of their own.
    if (endedReasons.has(reason)) return
    const retryAfter = error instanceof StartError ? error.retryAfter : undefined
    // Zero: the very next step knows that it has to wait, and says for how long.
    this.#notBefore.set(name, clock.now() + Math.max(retryAfter ?? retryAfterFailure, 1000))
  }

  async #removeOlder(name: string, state: PodState): Promise<void> {
    const ended = state.containers.filter((container) => container.name === name && container.state === 'exited')
    for (const { id } of ended.slice(keptEnded)) await this.#services.runtime.removeContainer(id).catch(() => {})
  }

  #key(pod: Pod, name: string): string {
    const container = findContainer(pod, name)?.container
    return `${name}_${container ? containerHash(container) : ''}`
  }

  /** Starts nothing more; resolves when what is being started has started or failed. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('the pod is ending'))
    await this.#tail
  }
}

/** How often a container ran that the engine no longer knows. */
function forgottenAttempts({ status }: Pod, name: string): number {
  const told = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    (container) => container.name === name,
  )
  return told?.containerID ? told.restartCount + 1 : 0
}
