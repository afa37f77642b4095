import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import type { Cancel } from '@tandem/component-base'
import type { ContainerState, PodState } from '../container-runtime/runtime.ts'
import { Backoff } from '../lifecycle/backoff.ts'
import type { WaitingReason } from '../lifecycle/container-statuses.ts'
import type { ConditionVerdict } from '../lifecycle/pod-conditions.ts'
import { latestStates, readySandbox } from '../lifecycle/pod-containers.ts'
import { podStatus, rejectedStatus } from '../lifecycle/pod-status.ts'
import { ContainerKiller } from './container-killer.ts'
import { ContainerLauncher } from './container-launcher.ts'
import { type PodActions, podActions } from './pod-actions.ts'
import { PodResizer } from './pod-resizer.ts'
import { SandboxKeeper } from './sandbox-keeper.ts'
import type { PodServices } from './services.ts'
import { withTerminationMessages } from './termination-message.ts'

/** Something failed for reasons outside the pod: tried again after this, doubling. */
const retryBackoff = { initialMs: 500, maxMs: 30_000 }

/** How often a pod that others are ended for looks whether they are gone. */
const admissionRetry = 200

/** Why the kubelet itself ends a pod. */
export interface PodEnd {
  reason: string
  message: string
  /** Instead of the pod's own. */
  gracePeriodSeconds?: number
  /** It is ended for the sake of the node or of other pods. */
  disruption?: { message: string }
}

type Stage =
  /** What should run is made to run. */
  | 'syncing'
  /** What runs is being ended, for good. */
  | 'terminating'
  /** Nothing runs; the object stays until it is deleted. */
  | 'terminated'
  /** Nothing is left of it. */
  | 'finished'

/**
 * Drives one pod: each time something changes it looks at what is and takes the steps that are missing. Steps that take time
 * run beside it and wake it when they are done, so that no pull and no hook delays what is reported of the rest.
 */
export class PodWorker {
  readonly #services: PodServices
  readonly #launcher: ContainerLauncher
  readonly #sandboxes: SandboxKeeper
  readonly #killer: ContainerKiller
  readonly #resizer: PodResizer
  readonly #retries = new Backoff(retryBackoff)
  readonly #killing = new Set<string>()
  /** Containers that this worker has killed while the pod should run. */
  readonly #killed = new Set<string>()
  readonly #waiting = new Map<string, WaitingReason>()
  readonly #onFinished: () => void
  #pod: Pod
  #stage: Stage = 'syncing'
  #end: PodEnd | undefined
  /** The API server no longer has the object. */
  #gone = false
  #admitted = false
  #syncing: Promise<void> | undefined
  #due = false
  /** Steps beside this one that have come to their end: what was seen before tells nothing of what they made. */
  #stepsEnded = 0
  #wake: Cancel | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #shorterGrace: (() => void) | undefined
  #podIP: string | undefined
  /** A resize that has not come to its end. */
  #unfinished: ConditionVerdict | undefined

  constructor(pod: Pod, services: PodServices, onFinished: () => void) {
    this.#pod = pod
    this.#services = services
    this.#onFinished = onFinished
    this.#killer = new ContainerKiller(services)
    this.#resizer = new PodResizer(services)
    const wake = () => {
      this.#stepsEnded++
      this.notify()
    }
    this.#sandboxes = new SandboxKeeper(services, this.#killer, wake)
    this.#launcher = new ContainerLauncher(services, { wake, waiting: this.#waiting })
  }

  get pod(): Pod {
    return this.#pod
  }

  /** Counts against what the node has: neither ended nor turned away. */
  get active(): boolean {
    return this.#stage !== 'finished' && this.#stage !== 'terminated' && !this.#end && !isPodTerminal(this.#pod)
  }

  /** Has what it asked for, and has not given it back yet. */
  get occupies(): boolean {
    const running = this.#pod.status?.phase === 'Running'
    return (this.#admitted || running) && this.#stage !== 'finished' && this.#stage !== 'terminated'
  }

  /** The kubelet is ending it for a reason of its own. */
  get isEnding(): boolean {
    return this.#end !== undefined
  }

  get stage(): Stage {
    return this.#stage
  }

  update(pod: Pod): void {
    const before = this.#pod.metadata
    this.#pod = pod
    const { deletionGracePeriodSeconds: grace } = pod.metadata
    const graceBefore = before.deletionGracePeriodSeconds
    if (graceBefore !== undefined && grace !== undefined && grace < graceBefore) this.#shorterGrace?.()
    // Files of the downward API are made of these.
    const described = ({ labels, annotations }: Pod['metadata']): string => JSON.stringify([labels, annotations])
    if (described(before) !== described(pod.metadata)) this.#sandboxes.refreshVolumes(pod)
    this.notify()
  }

  /** The object was removed without waiting for us. */
  remove(): void {
    this.#gone = true
    this.notify()
  }

  /** Something the pod refers to has changed. */
  objectsChanged(): void {
    this.#sandboxes.refreshVolumes(this.#pod)
    this.#launcher.retryNow()
    this.notify()
  }

  /** Ends the pod as failed: evicted, preempted, past its deadline. */
  end(end: PodEnd): void {
    this.#end ??= end
    this.notify()
  }

  notify(): void {
    if (this.#stage === 'finished') return
    this.#due = true
    this.#syncing ??= this.#run().finally(() => {
      this.#syncing = undefined
      // Notified between the last look and here.
      if (this.#due) this.notify()
    })
  }

  /** Lets go of timers and steps without touching what runs: the kubelet stops, pods do not. */
  stop(): void {
    this.#stage = 'finished'
    this.#wake?.()
    this.#sandboxes.stop()
  }

  async #run(): Promise<void> {
    while (this.#due && this.#stage !== 'finished') {
      this.#due = false
      try {
        await this.#sync()
      } catch (error) {
        this.#services.logger.warn(
          { error, pod: this.#pod.metadata.name, namespace: this.#pod.metadata.namespace },
          'pod sync failed',
        )
        this.#retry('sync')
      }
    }
  }

  #retry(step: string): void {
    const now = this.#services.clock.now()
    this.#retries.next(step, { failedAt: now, now })
    this.#wakeAfter(this.#retries.delay(step))
  }

  #wakeAfter(ms: number): void {
    const { clock } = this.#services
    const at = clock.now() + ms
    if (at >= this.#wakeAt) return
    this.#wake?.()
    this.#wakeAt = at
    this.#wake = clock.after(ms, () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.notify()
    })
  }

  async #sync(): Promise<void> {
    const { runtime, probes } = this.#services
    const stepsEnded = this.#stepsEnded
    const state = await withTerminationMessages(await runtime.podState(this.#pod.metadata.uid), runtime)
    this.#services.logs.follow(this.#pod, state)
    const sandbox = readySandbox(this.#pod, state)
    this.#podIP = sandbox?.ips[0] ?? this.#podIP
    if (this.#stage === 'syncing' && this.#mustEnd(state)) this.#terminate()
    if (this.#stage === 'finished') return
    if (this.#stage === 'terminated') return this.#whenTerminated(state)
    if (this.#stage === 'syncing' && !this.#admitted) return
    probes.follow(this.#pod, state)
    if (this.#stage === 'terminating') {
      this.#report(state)
      return
    }
    await this.#step(state, stepsEnded)
  }

  #mustEnd(state: PodState): boolean {
    if (this.#gone || this.#end || this.#pod.metadata.deletionTimestamp) return true
    if (isPodTerminal(this.#pod)) return true
    if (!this.#admitted) {
      const refusal = state.containers.length > 0 ? undefined : this.#services.admit(this.#pod)
      if (refusal === 'waiting') {
        this.#wakeAfter(admissionRetry)
        return false
      }
      if (refusal) {
        this.#services.events.record(this.#pod, { type: 'Warning', ...refusal })
        this.#end = refusal
        this.#services.status.report(this.#pod, rejectedStatus(this.#pod, refusal, this.#services.clock.now()))
        return true
      }
      this.#admitted = true
    }
    return this.#pastDeadline()
  }

  #pastDeadline(): boolean {
    const { clock, events, status } = this.#services
    const deadline = this.#pod.spec.activeDeadlineSeconds
    const startTime = (status.get(this.#pod.metadata.uid) ?? this.#pod.status)?.startTime
    if (deadline === undefined || !startTime) return false
    const left = Date.parse(startTime) + deadline * 1000 - clock.now()
    if (left > 0) {
      this.#wakeAfter(left)
      return false
    }
    const message = 'Pod was active on the node longer than the specified deadline'
    events.record(this.#pod, { type: 'Normal', reason: 'DeadlineExceeded', message })
    this.#end = { reason: 'DeadlineExceeded', message }
    return true
  }

  /** One step of a pod that should run. */
  async #step(seen: PodState, stepsEnded: number): Promise<void> {
    const { probes, runtime } = this.#services
    const pod = this.#pod
    const { changed, restarts, condition } = await this.#resizer.resize(pod, seen)
    const state = changed ? await runtime.podState(pod.metadata.uid) : seen
    // What looks as if it were missing may have been made since: the next look is due already.
    if (stepsEnded !== this.#stepsEnded) return
    this.#unfinished = condition
    if (condition) this.#retry('resize')
    const actions = podActions(pod, state, probes)
    if (!actions.killPod) actions.containersToKill.push(...restarts)
    const sandbox = readySandbox(pod, state)
    // What is about to be waited for is part of the first report.
    this.#launcher.noteBackoff(pod, state, actions)
    if (!this.#isReplacing(state, actions)) this.#report(state)
    this.#wakeAfter(this.#launcher.nextAttempt)

    if (!sandbox) {
      if (!actions.createSandbox) {
        this.#terminate()
        return
      }
      this.#sandboxes.ensure(pod, state, actions.sandboxAttempt)
      return
    }
    if (actions.killPod) {
      this.#terminate()
      return
    }
    this.#sandboxes.adopt(pod)
    for (const { id, name, message, reason } of actions.containersToKill) {
      const target = state.containers.find((container) => container.id === id)
      this.#killed.add(id)
      if (target) this.#kill({ target, message, name, ...(reason && { reason }) })
    }
    const volumes = this.#sandboxes.volumes
    if (volumes) this.#launcher.launch({ pod, state, sandbox, volumes, actions })
  }

  /** Between the end of a container and the start of its successor nothing is told: to others the pod was ready all along. */
  #isReplacing(state: PodState, actions: PodActions): boolean {
    const latest = latestStates(state)
    return [...actions.initContainersToStart, ...actions.containersToStart].some(
      (name) => this.#killed.has(latest.get(name)?.id ?? '') && !this.#waiting.has(name),
    )
  }

  #kill({
    target,
    message,
    reason,
  }: {
    target: ContainerState
    name: string
    message: string
    reason?: 'LivenessProbe' | 'StartupProbe'
  }): void {
    if (this.#killing.has(target.id)) return
    this.#killing.add(target.id)
    this.#killer
      .kill({ pod: this.#pod, target, message, podIP: this.#podIP, ...(reason && { reason }) })
      .catch((error: unknown) =>
        this.#services.logger.warn({ error, container: target.name }, 'container could not be stopped'),
      )
      .finally(() => {
        this.#killing.delete(target.id)
        this.notify()
      })
  }

  #report(state: PodState): PodStatus {
    const { runtime, probes, status, node, clock } = this.#services
    const uid = this.#pod.metadata.uid
    const now = podStatus({
      pod: this.#pod,
      state,
      runtimeName: runtime.name,
      probes,
      waiting: this.#stage === 'syncing' ? this.#waiting : new Map(),
      old: status.get(uid) ?? this.#pod.status ?? {},
      hostIPs: node.hostIPs(),
      terminal: this.#stage === 'terminated',
      ...(this.#unfinished ? { resize: this.#unfinished } : {}),
      ...(this.#end ? { ended: this.#end } : {}),
      now: clock.now(),
    })
    if (!this.#gone) status.report(this.#pod, now)
    return now
  }

  /** Ends everything; from here on the pod never runs again. */
  #terminate(): void {
    if (this.#stage !== 'syncing') return
    this.#stage = 'terminating'
    this.#waiting.clear()
    this.#services.probes.stopLivenessAndStartup(this.#pod.metadata.uid)
    void this.#endContainers().then(() => this.notify())
  }

  async #endContainers(): Promise<void> {
    const { runtime, logger } = this.#services
    await this.#launcher.close()
    await this.#sandboxes.close()
    while (this.#stage === 'terminating') {
      try {
        const state = await runtime.podState(this.#pod.metadata.uid)
        const running = state.containers.filter(({ state }) => state === 'running')
        await this.#killRunning(running)
        for (const sandbox of state.sandboxes) await runtime.stopSandbox(sandbox)
        // Unless the kubelet stopped meanwhile.
        if (this.stage === 'terminating') this.#stage = 'terminated'
      } catch (error) {
        logger.warn({ error, pod: this.#pod.metadata.name }, 'pod could not be ended')
        await this.#services.clock.sleep(1000)
      }
    }
  }

  /** A second, shorter deletion cuts the grace period of the first. */
  async #killRunning(running: readonly ContainerState[]): Promise<void> {
    if (running.length === 0) return
    const { runtime } = this.#services
    const shortened = new Promise<'shortened'>((resolve) => {
      this.#shorterGrace = () => resolve('shortened')
    })
    const gracePeriod = this.#end?.gracePeriodSeconds
    const killed = this.#killer.killAll(this.#pod, running, {
      podIP: this.#podIP,
      ...(gracePeriod === undefined ? {} : { gracePeriodSeconds: gracePeriod }),
    })
    if ((await Promise.race([killed, shortened])) !== 'shortened') return
    const gracePeriodSeconds = this.#pod.metadata.deletionGracePeriodSeconds ?? 0
    await Promise.all([killed, ...running.map(({ id }) => runtime.stopContainer(id, { gracePeriodSeconds }))])
  }

  /** Nothing runs any more: the last report, then what was the pod's is taken away, its logs only when it is deleted. */
  async #whenTerminated(state: PodState): Promise<void> {
    const { volumes, cgroups, probes, images, status, runtime, logs } = this.#services
    const { uid } = this.#pod.metadata
    if (state.containers.some(({ state }) => state === 'running')) {
      // Started by a step that was under way.
      this.#stage = 'terminating'
      void this.#endContainers().then(() => this.notify())
      return
    }
    if (!(this.#end && state.containers.length === 0 && state.sandboxes.length === 0)) this.#report(state)
    probes.forget(uid)
    const deleted = this.#gone || this.#pod.metadata.deletionTimestamp !== undefined
    if (deleted) {
      await Promise.all(state.containers.map(({ id }) => runtime.removeContainer(id)))
      await Promise.all(state.sandboxes.map(({ id }) => runtime.removeSandbox(id)))
    }
    await volumes.unmountPod(uid)
    await cgroups.removePod(uid)
    if (!deleted) return
    const { name, namespace = '' } = this.#pod.metadata
    await logs.remove({ uid, name, namespace })
    if (!this.#gone) await status.finish(this.#pod)
    status.forget(uid)
    images.forget(uid)
    this.stop()
    this.#onFinished()
  }
}
