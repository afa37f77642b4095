import { apiVersionOf } from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasLeft } from '../context.ts'
import type { RequestCounts } from '../request-counts.ts'
import { sendTooManyRequests } from '../too-many-requests.ts'
import type { Classification } from './classifier.ts'
import type { DroppedRequests } from './dropped-requests.ts'
import type { FlowStatistics } from './flow-statistics.ts'
import type { Queue, Ticket } from './queue.ts'
import type { WatchTracker } from './watch-tracker.ts'
import { type WorkEstimate, widest } from './work-estimate.ts'

/** What all requests pass by. */
export interface Gate {
  readonly clock: Clock
  readonly counts: RequestCounts
  readonly watches: WatchTracker
  readonly dropped: DroppedRequests
  /** Milliseconds a request may take that has no deadline of its own. */
  readonly requestTimeout: number
}

export interface Passing {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly done: () => void
}

const longestWait = 60_000

/** One request on its way through its level: it waits for seats, holds them, and gives them back. */
export class Passage implements Ticket {
  state: Ticket['state'] = 'arriving'
  startedAt = 0
  arrivalR = 0
  queue: Queue | undefined
  readonly flow: string
  readonly estimate: WorkEstimate
  readonly seats: number
  readonly arrivedAt: number
  readonly #gate: Gate
  readonly #class: Classification
  readonly #passing: Passing
  #cancelTimer: (() => void) | undefined
  #forgetWatch: (() => void) | undefined
  #ended = false

  constructor(gate: Gate, classification: Classification, estimate: WorkEstimate, passing: Passing) {
    const { user, info } = passing.request.kube
    this.#gate = gate
    this.#class = classification
    this.#passing = passing
    this.flow = `${classification.schema.name}\0${classification.schema.flowOf(user, info)}`
    this.estimate = estimate
    this.seats = widest(estimate)
    this.arrivedAt = gate.clock.monotonic()
  }

  get statistics(): FlowStatistics {
    return this.#class.statistics
  }

  enter(): void {
    this.statistics.estimatedSeats.observe(this.seats)
    this.#class.level.queueSet.start(this)
    if (this.#is('over')) this.#refuse()
    if (this.#is('waiting')) this.#wait()
  }

  execute(): void {
    const { kube } = this.#passing.request
    this.#stopWaiting()
    if (!this.#class.level.isExempt)
      this.statistics.waitedThenExecuted.observe((this.startedAt - this.arrivedAt) / 1000)
    this.#gate.counts.count('executing', kube.info.verb, 1)
    if (kube.info.verb === 'watch') this.#forgetWatch = this.#gate.watches.register(kube)
    this.#passing.done()
  }

  /** The work is done: for a watch that is when its client was told of all there was. */
  release(): void {
    if (!this.#is('executing')) return
    const { verb } = this.#passing.request.kube.info
    this.#gate.counts.count('executing', verb, -1)
    this.#class.level.queueSet.finish(this)
    const seconds = (this.#gate.clock.monotonic() - this.startedAt) / 1000
    if (verb === 'watch') this.statistics.watchInitialization.observe(seconds)
    else this.statistics.execution.observe(seconds)
  }

  /** The answer is out, or nobody is there to take it. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#is('waiting')) this.#giveUp()
    this.release()
    this.#forgetWatch?.()
  }

  details(): string[] {
    const { user, info } = this.#passing.request.kube
    const version = apiVersionOf({ group: info.apiGroup, version: info.apiVersion })
    return [user.username, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource]
  }

  /** A request may wait for a quarter of the time it has altogether. */
  #wait(): void {
    const { clock, counts, requestTimeout } = this.#gate
    const { kube } = this.#passing.request
    counts.count('waiting', kube.info.verb, 1)
    const allowed = Number.isFinite(kube.deadline) ? kube.deadline - kube.receivedAt : requestTimeout
    const spent = clock.now() - kube.receivedAt
    this.#cancelTimer = clock.after(Math.max(0, Math.min(allowed / 4, longestWait) - spent), () => {
      this.#giveUp()
      this.#refuse()
    })
  }

  #stopWaiting(): void {
    if (!this.#cancelTimer) return
    this.#cancelTimer()
    this.#cancelTimer = undefined
    this.#gate.counts.count('waiting', this.#passing.request.kube.info.verb, -1)
  }

  #giveUp(): void {
    this.#stopWaiting()
    this.#class.level.queueSet.cancel(this)
  }

  #refuse(): void {
    const { clock, dropped } = this.#gate
    const { level } = this.#class
    this.statistics.waitedInVain.observe((clock.monotonic() - this.arrivedAt) / 1000)
    const retryAfter = dropped.drop(level.name, clock.now())
    if (!hasLeft(this.#passing.reply)) sendTooManyRequests(this.#passing.reply, retryAfter)
  }

  /** The level's queues change the state behind the compiler's back. */
  #is(state: Ticket['state']): boolean {
    return this.state === state
  }
}
