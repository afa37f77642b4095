import type { Cancel, Clock } from '@tandem/component-base'
import type { ClusterChange, ClusterEvent } from '../framework/cluster-event.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { isRejected, type Status } from '../framework/status.ts'
import { Heap } from './heap.ts'
import type { QueuedPod } from './queued-pod.ts'
import { WaitingPods } from './waiting-pods.ts'

export interface SchedulingQueueOptions {
  clock: Clock
  sort: (a: QueuedPod, b: QueuedPod) => number
  /** Names the plugin that keeps the pod out, if one does. */
  preEnqueue: (pod: PodInfo) => { status: Status; plugin: string } | undefined
  /** Could this event make a pod schedulable that the plugin rejected? */
  isWokenBy: (plugin: string, event: ClusterEvent) => boolean
  /** Could this very change, of an event that wakes it, make that pod schedulable? */
  mayHelp: (plugin: string, pod: PodInfo, change: ClusterChange) => boolean
  initialBackoffMs?: number
  maxBackoffMs?: number
  /** How long a pod stays unschedulable without any event before it is tried again. */
  unschedulableTimeoutMs?: number
}

interface InFlight {
  /** How many changes there had been when the pod was taken. */
  since: number
  /** The pod as it was changed to. */
  latest?: PodInfo
  /** It was changed in a way that could matter. */
  changed?: boolean
}

const flushIntervalMs = 30_000

/**
 * Pods that wait. In `active` they are tried in order; a failed one goes to `unschedulable` until an event concerns it, and then through
 * `backoff` until its time has come. A pod under way is in none of them, and events meanwhile count for it when it comes back.
 */
export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions
  readonly #active: Heap<QueuedPod>
  readonly #backoff: Heap<QueuedPod>
  readonly #unschedulable = new WaitingPods()
  /** Pods under way, in the order in which they were taken. */
  readonly #inFlight = new Map<string, InFlight>()
  /** What was seen since the first of them was taken. */
  readonly #changes: ClusterChange[] = []
  #changesDropped = 0
  readonly #waiters: ((pod: QueuedPod | undefined) => void)[] = []
  #cancelBackoff: Cancel = () => {}
  #cancelFlush: Cancel = () => {}
  #closed = false

  constructor(options: SchedulingQueueOptions) {
    this.#options = options
    const key = (pod: QueuedPod) => pod.info.key
    this.#active = new Heap({ key, compare: options.sort })
    this.#backoff = new Heap({ key, compare: (a, b) => this.#backoffEnd(a) - this.#backoffEnd(b) })
    this.#scheduleFlush()
  }

  get depth(): { active: number; backoff: number; unschedulable: number; gated: number } {
    const { gated } = this.#unschedulable
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#unschedulable.size - gated,
      gated,
    }
  }

  /** A pod that is to be scheduled appeared. */
  add(info: PodInfo): void {
    const now = this.#options.clock.now()
    this.#forget(info.key)
    this.#enqueue({ info, timestamp: now, initialTimestamp: now, attempts: 0, unschedulablePlugins: new Set() })
  }

  /** A waiting pod changed. One that was unschedulable is tried again when `mayHelp` says that the change could matter. */
  update(info: PodInfo, { mayHelp }: { mayHelp: boolean }): void {
    const underWay = this.#inFlight.get(info.key)
    if (underWay) {
      underWay.latest = info
      underWay.changed ||= mayHelp
      return
    }
    const queued = this.#active.get(info.key) ?? this.#backoff.get(info.key)
    if (queued) {
      queued.info = info
      return
    }
    const waiting = this.#unschedulable.get(info.key)
    if (!waiting) {
      this.add(info)
      return
    }
    waiting.info = info
    if (!mayHelp) return
    this.#unschedulable.delete(info.key)
    if (waiting.gatedBy !== undefined) this.#enqueue({ ...waiting, timestamp: this.#options.clock.now() })
    else this.#requeue(waiting)
  }

  delete(key: string): void {
    this.#forget(key)
    this.done(key)
  }

  has(key: string): boolean {
    return this.#active.has(key) || this.#backoff.has(key) || this.#unschedulable.has(key)
  }

  /** The next pod, now or when there is one; undefined when the queue closes. `done` or `addUnschedulable` must follow. */
  next(): Promise<QueuedPod | undefined> {
    const ready = this.tryNext()
    if (ready || this.#closed) return Promise.resolve(ready)
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  tryNext(): QueuedPod | undefined {
    const pod = this.#active.pop()
    if (pod) this.#take(pod)
    return pod
  }

  /** The pod needs the queue no more: it was bound, or is gone. */
  done(key: string): void {
    if (!this.#inFlight.delete(key)) return
    const [first] = this.#inFlight.values()
    const needed = first?.since ?? this.#changesDropped + this.#changes.length
    this.#changes.splice(0, needed - this.#changesDropped)
    this.#changesDropped = needed
  }

  /**
   * The attempt failed: the pod waits for an event, or only for its backoff if one came meanwhile or nobody rejected it (an error).
   * A pod that was deleted meanwhile is gone.
   */
  addUnschedulable(pod: QueuedPod): void {
    const underWay = this.#inFlight.get(pod.info.key)
    const seen = underWay ? this.#changes.slice(underWay.since - this.#changesDropped) : []
    this.done(pod.info.key)
    if (!underWay || this.has(pod.info.key)) return
    const failed: QueuedPod = {
      ...pod,
      info: underWay.latest ?? pod.info,
      timestamp: this.#options.clock.now(),
      attempts: pod.attempts + 1,
    }
    const woken =
      failed.unschedulablePlugins.size === 0 ||
      seen.some((change) => this.#concerns(failed, change)) ||
      (underWay.changed && this.#concerns(failed, { event: 'UnschedulablePodUpdate' }))
    if (woken) this.#requeue(failed)
    else this.#unschedulable.set(failed)
  }

  /** Wakes the unschedulable pods that the change may help. */
  moveAll(change: ClusterChange): void {
    if (this.#inFlight.size > 0) this.#changes.push(change)
    for (const pod of this.#unschedulable.rejectedBy((plugin) => this.#options.isWokenBy(plugin, change.event))) {
      if (!this.#concerns(pod, change)) continue
      this.#unschedulable.delete(pod.info.key)
      this.#requeue(pod)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancelBackoff()
    this.#cancelFlush()
    for (const resolve of this.#waiters.splice(0)) resolve(undefined)
  }

  #concerns(pod: QueuedPod, change: ClusterChange): boolean {
    const { isWokenBy, mayHelp } = this.#options
    // What it had itself, until it could not be bound, is no news to it.
    if ('pod' in change && change.pod.key === pod.info.key) return false
    for (const plugin of pod.unschedulablePlugins)
      if (isWokenBy(plugin, change.event) && mayHelp(plugin, pod.info, change)) return true
    return false
  }

  #enqueue(pod: QueuedPod): void {
    const gate = this.#options.preEnqueue(pod.info)
    if (gate && isRejected(gate.status)) {
      this.#unschedulable.set({
        ...pod,
        gatedBy: gate.plugin,
        unschedulablePlugins: new Set([gate.plugin]),
      })
      return
    }
    this.#activate({ ...pod, gatedBy: undefined })
  }

  #activate(pod: QueuedPod): void {
    this.#active.push(pod)
    const waiter = this.#waiters.shift()
    if (waiter) waiter(this.tryNext())
  }

  #requeue(pod: QueuedPod): void {
    if (this.#backoffEnd(pod) <= this.#options.clock.now()) {
      this.#enqueue(pod)
      return
    }
    this.#backoff.push(pod)
    this.#scheduleBackoff()
  }

  #take(pod: QueuedPod): void {
    this.#inFlight.set(pod.info.key, { since: this.#changesDropped + this.#changes.length })
  }

  #forget(key: string): void {
    this.#active.delete(key)
    this.#backoff.delete(key)
    this.#unschedulable.delete(key)
  }

  /** One second after the first failure, twice as long after each further one, ten seconds at most. */
  #backoffEnd({ timestamp, attempts }: QueuedPod): number {
    const { initialBackoffMs = 1_000, maxBackoffMs = 10_000 } = this.#options
    if (attempts === 0) return timestamp
    return timestamp + Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.min(attempts - 1, 30))
  }

  #scheduleBackoff(): void {
    this.#cancelBackoff()
    const first = this.#backoff.peek()
    if (!first || this.#closed) return
    this.#cancelBackoff = this.#options.clock.after(
      Math.max(0, this.#backoffEnd(first) - this.#options.clock.now()),
      () => {
        for (
          let pod = this.#backoff.peek();
          pod && this.#backoffEnd(pod) <= this.#options.clock.now();
          pod = this.#backoff.peek()
        ) {
          this.#backoff.pop()
          this.#enqueue(pod)
        }
        this.#scheduleBackoff()
      },
    )
  }

  #scheduleFlush(): void {
    const { clock, unschedulableTimeoutMs = 300_000 } = this.#options
    this.#cancelFlush = clock.after(flushIntervalMs, () => {
      for (const pod of this.#unschedulable.values()) {
        if (pod.gatedBy !== undefined || clock.now() - pod.timestamp < unschedulableTimeoutMs) continue
        this.#unschedulable.delete(pod.info.key)
        this.#requeue(pod)
      }
      if (!this.#closed) this.#scheduleFlush()
    })
  }
}
