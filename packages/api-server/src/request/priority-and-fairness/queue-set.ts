import { expectedService, Queue, type Ticket, workOf } from './queue.ts'
import type { SeatDemand } from './seat-demand.ts'
import { Dealer } from './shuffle-sharding.ts'

/** How a level treats what it has no seats for. `exempt` never lacks any. */
export type Limiting =
  | { readonly type: 'exempt' }
  | { readonly type: 'reject' }
  | { readonly type: 'queue'; readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }

export interface QueueSetOptions {
  limiting: Limiting
  concurrencyLimit: number
  demand: SeatDemand
  /** Milliseconds that never run backwards. */
  now(): number
  after(milliseconds: number, callback: () => void): void
}

/**
 * Fair queuing for one level. Each queue has a clock of its own, in seat-seconds of service it was given (R); the level's clock runs as
 * fast as an even share of its seats. The next request is taken from the queue whose oldest one would be the first to end, were all
 * queues served side by side. A request is charged what is expected of it, and its queue is given back what it did not take.
 */
export class QueueSet {
  dispatched = 0
  rejected = 0
  cancelled = 0
  waiting = 0
  executing = 0
  seatsInUse = 0
  seatsWaiting = 0
  readonly under = new Set<Ticket>()
  #options: QueueSetOptions
  #dealer: Dealer | undefined
  #queues: Queue[] = []
  /** The queues in which something waits, in turn: where two are due at once, the one that was served longer ago is first. */
  readonly #filled = new Set<Queue>()
  #active = 0
  #currentR = 0
  #lastTime: number
  #enqueued = 0

  constructor(options: QueueSetOptions) {
    this.#options = options
    this.#lastTime = options.now()
    this.configure(options.limiting, options.concurrencyLimit)
  }

  get idle(): boolean {
    return this.waiting === 0 && this.executing === 0 && this.seatsInUse === 0
  }

  get queues(): readonly Queue[] {
    return this.#queues
  }

  get virtualTime(): number {
    return this.#currentR
  }

  /** Queues that are no longer dealt drain all the same. */
  configure(limiting: Limiting, concurrencyLimit: number): void {
    this.#syncTime()
    const before = this.#options.limiting
    this.#options = { ...this.#options, limiting, concurrencyLimit }
    if (limiting.type === 'queue') {
      const { queues, handSize } = limiting
      const same = before.type === 'queue' && before.queues === queues && before.handSize === handSize
      if (!same || !this.#dealer) this.#dealer = new Dealer(queues, handSize)
      this.#queues.length = Math.min(this.#queues.length, queues)
      while (this.#queues.length < queues) this.#queues.push(new Queue())
    } else this.#queues = []
    this.#dispatch()
  }

  /** Takes in a request: it executes at once, or waits and executes later, or is refused. */
  start(ticket: Ticket): void {
    this.#syncTime()
    const { limiting, concurrencyLimit } = this.#options
    if (limiting.type !== 'queue') {
      if (this.#hasRoomFor(ticket.seats)) this.#execute(ticket)
      else this.#reject(ticket, 'concurrency-limit')
      return
    }
    const queue = this.#choose(ticket.flow)
    if (this.seatsInUse >= concurrencyLimit && queue.waiting.length >= limiting.queueLengthLimit)
      this.#reject(ticket, 'queue-full')
    else {
      this.#enqueue(ticket, queue)
      this.#dispatch()
    }
  }

  /** A request that waits is not waited for any longer. */
  cancel(ticket: Ticket): void {
    if (ticket.state !== 'waiting') return
    this.#syncTime()
    const { queue } = ticket
    this.#leaveQueue(ticket)
    queue?.boundNextDispatch()
    this.cancelled++
    this.#reject(ticket, 'time-out')
    this.#demand()
    this.#dispatch()
  }

  /** A request that was executed is over; its seats may be held a while longer. */
  finish(ticket: Ticket): void {
    if (ticket.state !== 'executing') return
    this.#syncTime()
    ticket.state = 'over'
    const { queue, estimate, statistics } = ticket
    const took = (this.#lastTime - ticket.startedAt) / 1000
    this.executing--
    statistics.executing--
    this.under.delete(ticket)
    if (queue) {
      queue.executing--
      queue.nextDispatchR -= estimate.seats * (expectedService - took)
      queue.boundNextDispatch()
      if (queue.idle) this.#active--
    }
    if (estimate.additionalLatency > 0 && estimate.finalSeats > 0)
      this.#options.after(estimate.additionalLatency, () => {
        this.#syncTime()
        this.#release(ticket)
        this.#dispatch()
      })
    else this.#release(ticket)
    this.#dispatch()
  }

  #release({ seats, queue, statistics }: Ticket): void {
    this.seatsInUse -= seats
    statistics.executingSeats -= seats
    if (queue) queue.seatsInUse -= seats
    this.#demand()
  }

  #reject(ticket: Ticket, reason: 'queue-full' | 'concurrency-limit' | 'time-out'): void {
    ticket.state = 'over'
    ticket.statistics.rejected[reason]++
    this.rejected++
  }

  /** Of the flow's hand, the queue with the least work. The hand is gone through from another card each time. */
  #choose(flow: string): Queue {
    const hand = this.#dealer?.hand(flow) ?? [0]
    const offset = this.#enqueued++ % hand.length
    let best: Queue | undefined
    for (let i = 0; i < hand.length; i++) {
      const queue = this.#queues[hand[(offset + i) % hand.length] ?? 0] as Queue
      if (!best || queue.workWaiting < best.workWaiting) best = queue
    }
    return best as Queue
  }

  #enqueue(ticket: Ticket, queue: Queue): void {
    const { statistics, seats } = ticket
    if (queue.idle) {
      queue.nextDispatchR = this.#currentR
      this.#active++
    }
    ticket.state = 'waiting'
    ticket.queue = queue
    ticket.arrivalR = this.#currentR
    queue.enqueue(ticket)
    queue.boundNextDispatch()
    this.#filled.add(queue)
    this.waiting++
    this.seatsWaiting += seats
    statistics.waiting++
    statistics.waitingSeats += seats
    statistics.queueLength.observe(queue.waiting.length)
    this.#demand()
  }

  #leaveQueue(ticket: Ticket): void {
    const { statistics, seats, queue } = ticket
    if (!queue) return
    queue.remove(ticket)
    if (queue.waiting.length === 0) this.#filled.delete(queue)
    if (queue.idle) this.#active--
    this.waiting--
    this.seatsWaiting -= seats
    statistics.waiting--
    statistics.waitingSeats -= seats
  }

  #dispatch(): void {
    while (this.waiting > 0 && this.seatsInUse < this.#options.concurrencyLimit) {
      const queue = this.#next()
      const ticket = queue?.waiting[0]
      if (!queue || !ticket) return
      if (!this.#hasRoomFor(ticket.seats)) {
        ticket.statistics.noAccommodation++
        return
      }
      this.#leaveQueue(ticket)
      if (queue.idle) this.#active++
      queue.executing++
      queue.seatsInUse += ticket.seats
      queue.nextDispatchR += workOf(ticket)
      queue.boundNextDispatch()
      if (queue.waiting.length > 0) {
        this.#filled.delete(queue)
        this.#filled.add(queue)
      }
      this.#execute(ticket)
    }
  }

  #next(): Queue | undefined {
    let next: Queue | undefined
    let first = Number.POSITIVE_INFINITY
    for (const queue of this.#filled) {
      const ends = queue.nextDispatchR + workOf(queue.waiting[0] as Ticket)
      if (ends >= first) continue
      first = ends
      next = queue
    }
    return next
  }

  #execute(ticket: Ticket): void {
    const { statistics, seats } = ticket
    ticket.state = 'executing'
    ticket.startedAt = this.#lastTime
    this.executing++
    this.dispatched++
    this.seatsInUse += seats
    statistics.executing++
    statistics.executingSeats += seats
    statistics.dispatched++
    this.under.add(ticket)
    this.#demand()
    ticket.execute()
  }

  /** What is wider than all seats together goes alone. */
  #hasRoomFor(seats: number): boolean {
    const { limiting, concurrencyLimit } = this.#options
    if (limiting.type === 'exempt') return true
    if (seats > concurrencyLimit) return this.executing === 0
    return this.seatsInUse + seats <= concurrencyLimit
  }

  #demand(): void {
    this.#options.demand.set(this.seatsInUse + this.seatsWaiting, this.#lastTime)
  }

  /** Brings virtual time up to now. To be called before anything changes. */
  #syncTime(): void {
    const now = this.#options.now()
    const elapsed = (now - this.#lastTime) / 1000
    this.#lastTime = now
    if (this.#active > 0) {
      const seats = Math.min(this.seatsInUse + this.seatsWaiting, this.#options.concurrencyLimit)
      this.#currentR += (elapsed * seats) / this.#active
    } else if (this.idle) this.#currentR = 0 // Nobody compares anything with it now: it stays small, and so exact.
  }
}
