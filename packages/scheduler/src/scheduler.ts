import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Client, EventRecorder } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import type { Nominator } from './cache/nominator.ts'
import type { SchedulerCache } from './cache/scheduler-cache.ts'
import type { Extenders } from './extenders/extenders.ts'
import { schedulePodWithExtenders } from './extenders/schedule-pod.ts'
import type { Framework, Rejection } from './framework/framework.ts'
import type { Cycle, NodeSource } from './framework/plugin.ts'
import type { PodInfo } from './framework/pod-info.ts'
import { bestCandidate, type Candidate } from './framework/preemption-candidate.ts'
import { failed, isRejected, messageOf, type Status, unschedulable } from './framework/status.ts'
import type { SchedulerMetrics } from './metrics.ts'
import { withdrawNomination, writeFailure } from './pod-failure.ts'
import { evictVictims } from './preemption.ts'
import type { QueuedPod } from './queue/queued-pod.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'
import { type ScheduleResult, type SearchPosition, schedulePod, type Unschedulable } from './schedule-pod.ts'

/** One of the scheduler's ways of scheduling. */
export interface Profile {
  /** `default-scheduler`. */
  name: string
  framework: Framework
  recorder: EventRecorder
  percentageOfNodesToScore: number
}

export interface SchedulerOptions {
  profileOf(pod: Pod): Profile
  cache: SchedulerCache
  nominator: Nominator
  queue: SchedulingQueue
  extenders: Extenders
  client: Client
  clock: Clock
  logger: Logger
  metrics: SchedulerMetrics
  /** The pod as it is now, if it still is. */
  currentPod: (pod: Pod) => Pod | undefined
  random?: () => number
}

/** Bindings that may be under way at once: enough to keep the API server busy, few enough not to wait behind each other. */
const maxBindings = 128
/** After so many milliseconds without a pause, events, answers and renewals get their turn. */
const sliceMs = 5

/**
 * Takes pods from the queue one at a time and finds each a node. Finding is synchronous; the pod is then assumed to be there, and binding
 * goes on while the next pod is looked at.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #source: NodeSource
  readonly #position: SearchPosition = { next: 0 }
  readonly #bindings = new Set<Promise<void>>()
  /** Pods that have a node, and that plugins have not let go on to it yet: what ends that wait for each. */
  readonly #waiting = new Map<string, AbortController>()
  /** Failures and preemptions being written. */
  readonly #writes = new Set<Promise<void>>()

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { cache, nominator } = options
    this.#source = {
      get nodes() {
        return cache.nodes
      },
      node: (name) => cache.node(name),
      imageNodes: (name) => cache.imageNodes(name),
      nominatedTo: (name) => nominator.to(name),
      countPods: (query) => cache.countPods(query),
      nodesBy: (key) => cache.nodesBy(key),
      affinityGroups: () => cache.affinityGroups(),
      namespaceLabels: cache.namespaceLabels,
    }
  }

  /** Ends when the queue is closed and everything begun was written. */
  async run(): Promise<void> {
    const { queue, clock } = this.#options
    let sliceEnd = clock.monotonic() + sliceMs
    for (let pod = await queue.next(); pod; pod = queue.tryNext() ?? (await queue.next())) {
      // Only a pod that an extender has a say about is waited for.
      const attempt = this.scheduleOne(pod)
      if (attempt) await attempt
      if (this.#bindings.size >= maxBindings) await Promise.race(this.#bindings)
      if (clock.monotonic() >= sliceEnd) {
        await yieldToEvents()
        sliceEnd = clock.monotonic() + sliceMs
      }
    }
    for (const key of this.#waiting.keys()) this.stopWaiting(key, 'the scheduler stops')
    await this.settled()
  }

  /** A pod is gone, or is to make room: no plugin waits for it any longer. Returns whether one did. */
  stopWaiting(key: string, reason: string): boolean {
    const waiting = this.#waiting.get(key)
    waiting?.abort(reason)
    return waiting !== undefined
  }

  /** Resolves when no binding and no write is under way. */
  async settled(): Promise<void> {
    while (this.#bindings.size + this.#writes.size > 0) await Promise.allSettled([...this.#bindings, ...this.#writes])
  }

  /**
   * One attempt. When it returns, or what it returns resolves, the pod has its node in the cache, or was put back. Nothing is returned
   * unless extenders are asked.
   */
  scheduleOne(queued: QueuedPod): Promise<void> | undefined {
    const { profileOf, queue, clock, extenders } = this.#options
    const { info } = queued
    if (this.#isNotToBeScheduled(info)) {
      queue.done(info.key)
      return undefined
    }
    const start = clock.monotonic()
    const { framework } = profileOf(info.pod)
    if (extenders.choose(info.pod)) return this.#scheduleWithExtenders(queued, start)
    const cycle = framework.newCycle(info, this.#source)
    return this.#decided(queued, { cycle, result: this.#find(cycle), start })
  }

  async #scheduleWithExtenders(queued: QueuedPod, start: number): Promise<void> {
    const { info } = queued
    const found = await this.#findWithExtenders(info)
    // It may be gone, or have its node, by now.
    if (this.#isStill(info)) await this.#decided(queued, { ...found, start })
    else this.#options.queue.done(info.key)
  }

  #decided(
    queued: QueuedPod,
    { cycle, result, start }: { cycle: Cycle; result: ScheduleResult | Status; start: number },
  ): Promise<void> | undefined {
    const { clock, metrics } = this.#options
    metrics.algorithmDuration.observe((clock.monotonic() - start) / 1000)
    if (!('kind' in result)) this.#fail(queued, { status: result, start })
    else if (result.kind === 'unschedulable') return this.#unschedulable(queued, { cycle, result, start })
    else this.#assume(queued, { cycle, nodeName: result.nodeName, start })
    return undefined
  }

  #isStill({ pod, key }: PodInfo): boolean {
    const current = this.#options.currentPod(pod)
    return current?.metadata.uid === key && !current.spec.nodeName && !current.metadata.deletionTimestamp
  }

  #assume(queued: QueuedPod, { cycle, nodeName, start }: { cycle: Cycle; nodeName: string; start: number }): void {
    const { profileOf, cache, nominator } = this.#options
    const { info } = queued
    const { framework } = profileOf(info.pod)
    cache.assumePod(info, nodeName)
    const rejection = framework.reserve(cycle, nodeName)
    if (rejection) {
      cache.forgetPod(info.key)
      this.#write('reservations could not be given back', rejection.unreserved)
      this.#fail(queued, { ...rejection, start, nominatedNodeName: '' })
      return
    }
    nominator.placed(info.key)
    this.#track(this.#bindings, this.#bind(queued, { cycle, nodeName, start }))
  }

  #find(cycle: Cycle): ScheduleResult | Status {
    const { profileOf, random = Math.random } = this.#options
    const { framework, percentageOfNodesToScore } = profileOf(cycle.pod.pod)
    try {
      return schedulePod(framework, cycle, { percentageOfNodesToScore, position: this.#position, random })
    } catch (error) {
      return failed(error)
    }
  }

  async #findWithExtenders(info: PodInfo): Promise<{ cycle: Cycle; result: ScheduleResult | Status }> {
    const { profileOf, extenders, random = Math.random } = this.#options
    const { framework, percentageOfNodesToScore } = profileOf(info.pod)
    const newCycle = () => framework.newCycle(info, this.#source)
    const options = { extenders, newCycle, percentageOfNodesToScore, position: this.#position, random }
    return schedulePodWithExtenders(framework, options).catch((error: unknown) => ({
      cycle: newCycle(),
      result: failed(error),
    }))
  }

  #isNotToBeScheduled({ pod, key }: PodInfo): boolean {
    const { cache, profileOf } = this.#options
    if (!pod.metadata.deletionTimestamp) return cache.hasPod(key)
    const message = `skip schedule deleting pod: ${pod.metadata.namespace}/${pod.metadata.name}`
    const event = { object: pod, type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message } as const
    profileOf(pod).recorder.record(event)
    return true
  }

  async #bind(
    queued: QueuedPod,
    { cycle, nodeName, start }: { cycle: Cycle; nodeName: string; start: number },
  ): Promise<void> {
    const { profileOf, cache, queue, clock, metrics, logger } = this.#options
    const { info } = queued
    const { framework, recorder, name: profile } = profileOf(info.pod)
    const { name, namespace } = info.pod.metadata
    const rejection = (await this.#permit(cycle, nodeName)) ?? (await framework.bind(cycle, nodeName))
    if (rejection) {
      const unreserved = framework.unreserve(cycle, nodeName)
      cache.forgetPod(info.key)
      this.#write('reservations could not be given back', unreserved)
      // What was taken is free again, so others may fit.
      queue.moveAll({ event: 'AssignedPodDelete', pod: info })
      this.#fail(queued, { ...rejection, start, nominatedNodeName: '' })
      return
    }
    queue.done(info.key)
    framework.postBind(cycle, nodeName)
    recorder.record({
      object: info.pod,
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    })
    logger.debug({ pod: `${namespace}/${name}`, node: nodeName }, 'bound')
    metrics.attempts.inc({ result: 'scheduled', profile })
    metrics.attemptDuration.observe({ result: 'scheduled', profile }, (clock.monotonic() - start) / 1000)
    metrics.podAttempts.observe(queued.attempts + 1)
    metrics.sliDuration.observe(
      { attempts: String(queued.attempts + 1) },
      (clock.now() - queued.initialTimestamp) / 1000,
    )
  }

  async #permit(cycle: Cycle, nodeName: string): Promise<Rejection | undefined> {
    const { key, pod } = cycle.pod
    const waiting = new AbortController()
    this.#waiting.set(key, waiting)
    try {
      return await this.#options.profileOf(pod).framework.permit({ cycle, nodeName, signal: waiting.signal })
    } finally {
      this.#waiting.delete(key)
    }
  }

  #unschedulable(
    queued: QueuedPod,
    { cycle, result, start }: { cycle: Cycle; result: Unschedulable; start: number },
  ): Promise<void> | undefined {
    const { profileOf, extenders } = this.#options
    const { info } = queued
    const { framework } = profileOf(info.pod)
    const { diagnosis, message, unschedulablePlugins } = result
    const outcome = diagnosis && framework.postFilter(cycle, diagnosis.rejections)
    if (outcome?.afterwards) this.#write('room could not be made', outcome.afterwards())
    const fail = (candidates: readonly Candidate[], status?: Status): void => {
      const best = bestCandidate(candidates)
      if (best) this.#preempt(info, best)
      else if (!outcome?.keepsNomination) this.#options.nominator.remove(info.key)
      const more = status ? messageOf(status) : ''
      const told = unschedulable(more ? `${message} ${more}` : message)
      const nominatedNodeName = outcome?.keepsNomination ? undefined : (best?.node.name ?? '')
      this.#fail(queued, { status: told, start, unschedulablePlugins, nominatedNodeName })
    }
    const { candidates = [], status } = outcome ?? {}
    if (candidates.length > 0 && extenders.preempt(info.pod))
      return extenders.agreedCandidates(info.pod, candidates).then(
        (agreed) => fail(agreed, agreed.length > 0 ? status : noCandidates),
        (error: unknown) => fail([], unschedulable(`preemption: ${messageOf(failed(error))}`)),
      )
    fail(candidates, status)
    return undefined
  }

  #preempt(preemptor: PodInfo, { node, victims }: Candidate): void {
    const { client, clock, profileOf, nominator, metrics } = this.#options
    const { recorder } = profileOf(preemptor.pod)
    this.#withdrawNominations(node.name, preemptor.priority)
    nominator.nominate(preemptor, node.name)
    metrics.preemptionAttempts.inc()
    metrics.preemptionVictims.observe(victims.length)
    for (const { pod } of victims) {
      const message = `Preempted by pod ${preemptor.pod.metadata.uid} on node ${node.name}`
      recorder.record({ object: pod, type: 'Normal', reason: 'Preempted', action: 'Preempting', message })
    }
    // One that waits for a plugin to let it be bound needs no more than to be told.
    const bound = victims.filter(({ key }) => !this.stopWaiting(key, 'preempted'))
    this.#write('victims could not be evicted', evictVictims(client, { preemptor, victims: bound, now: clock.now() }))
  }

  /** Less important pods that waited for room on the node have to look for it again, everywhere. */
  #withdrawNominations(nodeName: string, priority: number): void {
    const { nominator, client } = this.#options
    for (const { pod, key } of nominator.to(nodeName).filter((other) => other.priority < priority)) {
      nominator.remove(key)
      this.#write('nomination could not be withdrawn', withdrawNomination(client, pod))
    }
  }

  #fail(
    queued: QueuedPod,
    failure: Partial<Rejection> & {
      status: Status
      start: number
      unschedulablePlugins?: ReadonlySet<string>
      nominatedNodeName?: string | undefined
    },
  ): void {
    const { queue, clock, profileOf, client, metrics, logger, currentPod } = this.#options
    const { recorder, name: profile } = profileOf(queued.info.pod)
    const { status, plugin, start } = failure
    const rejected = isRejected(status)
    const reason = rejected ? 'Unschedulable' : 'SchedulerError'
    const result = rejected ? 'unschedulable' : 'error'
    metrics.attempts.inc({ result, profile })
    metrics.attemptDuration.observe({ result, profile }, (clock.monotonic() - start) / 1000)
    const pod = currentPod(queued.info.pod)
    if (!pod || pod.spec.nodeName || pod.metadata.uid !== queued.info.key) {
      queue.done(queued.info.key)
      return
    }

    const message = messageOf(status)
    if (!rejected)
      logger.error(
        { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error: status.error },
        'error scheduling pod; retrying',
      )
    const rejectors = failure.unschedulablePlugins ?? new Set(rejected && plugin ? [plugin] : [])
    // Without nodes nobody rejected the pod: the first node wakes it.
    queue.addUnschedulable({
      ...queued,
      unschedulablePlugins: rejected && rejectors.size === 0 ? anyPlugin : rejectors,
    })
    recorder.record({
      object: pod,
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      message: truncated(message),
    })
    const { nominatedNodeName } = failure
    this.#write(
      'status of pod could not be written',
      writeFailure(client, { pod, reason, message, nominatedNodeName }, clock.now()),
    )
  }

  #write(problem: string, write: Promise<unknown>): void {
    const written = write.then(
      () => undefined,
      (error: unknown) => this.#options.logger.warn({ error }, problem),
    )
    this.#track(this.#writes, written)
  }

  #track(set: Set<Promise<void>>, work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => this.#options.logger.error({ error }, 'unexpected failure'))
      .finally(() => set.delete(tracked))
    set.add(tracked)
  }
}

const noCandidates = unschedulable('preemption: no candidate node for preemption')

/** No plugin has this name, so every event concerns the pod. */
const anyPlugin: ReadonlySet<string> = new Set(['*'])

const noteLengthLimit = 1024

const truncated = (message: string): string =>
  message.length <= noteLengthLimit ? message : `${message.slice(0, noteLengthLimit - 4)} ...`
