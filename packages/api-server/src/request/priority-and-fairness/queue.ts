import type { FlowStatistics } from './flow-statistics.ts'
import type { WorkEstimate } from './work-estimate.ts'

/** A request on its way through its level. */
export interface Ticket {
  readonly flow: string
  readonly estimate: WorkEstimate
  /** Seats that it holds while it executes and, at the end, for a while longer. */
  readonly seats: number
  readonly arrivedAt: number
  readonly statistics: FlowStatistics
  state: 'arriving' | 'waiting' | 'executing' | 'over'
  startedAt: number
  /** What its queue has done of its share when it came: in seat-seconds, as all virtual time. */
  arrivalR: number
  queue: Queue | undefined
  /** Called when it gets its seats. */
  execute(): void
  /** For those who look in: who asks for what. */
  details(): readonly string[]
}

/** Seconds that a request is expected to take, until it is known how many it took. */
export const expectedService = 0.003

/** Seat-seconds that a request is charged with when it is dispatched. */
export const workOf = ({ estimate }: Ticket): number =>
  estimate.seats * expectedService + estimate.finalSeats * (estimate.additionalLatency / 1000)

/** One of a level's queues: first come, first served. */
export class Queue {
  readonly waiting: Ticket[] = []
  executing = 0
  seatsInUse = 0
  /** Virtual time at which its next request is due. */
  nextDispatchR = 0
  /** Seat-seconds that wait in it. */
  workWaiting = 0

  get idle(): boolean {
    return this.waiting.length === 0 && this.executing === 0
  }

  enqueue(ticket: Ticket): void {
    this.waiting.push(ticket)
    this.workWaiting += workOf(ticket)
  }

  remove(ticket: Ticket): void {
    const at = this.waiting.indexOf(ticket)
    if (at < 0) return
    this.waiting.splice(at, 1)
    this.workWaiting = this.waiting.length === 0 ? 0 : this.workWaiting - workOf(ticket)
  }

  /** A queue that did not use its share while nothing waited in it does not save it up. */
  boundNextDispatch(): void {
    const [oldest] = this.waiting
    if (oldest && this.nextDispatchR < oldest.arrivalR) this.nextDispatchR = oldest.arrivalR
  }
}
