import type { PriorityLevelConfiguration } from '@tandem/api/flowcontrol/v1/types'
import type { Clock } from '@tandem/component-base'
import { FlowStatistics } from './flow-statistics.ts'
import { type Limiting, QueueSet } from './queue-set.ts'
import { SeatDemand } from './seat-demand.ts'

// Of a level's seats, what the widest request may take.
const mostSeatsPercent = 0.15

/** As much of a PriorityLevelConfiguration as counts here. */
export type LevelObject = Pick<PriorityLevelConfiguration, 'spec'> & { metadata: { name: string; uid?: string } }

/** What a level asks for, out of its object. Undefined where the object does not say what its type needs. */
export function limitingOf({ metadata, spec }: LevelObject): Limiting | undefined {
  const { type, limited } = spec
  if (type === 'Exempt') return metadata.name === 'exempt' ? { type: 'exempt' } : undefined
  if (type !== 'Limited' || !limited || metadata.name === 'exempt') return undefined
  const { type: response, queuing } = limited.limitResponse ?? {}
  if (response === 'Reject') return { type: 'reject' }
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing ?? {}
  return response === 'Queue' && queues > 0 && handSize > 0
    ? { type: 'queue', queues, handSize, queueLengthLimit }
    : undefined
}

export const sharesOf = ({ spec: { limited, exempt } }: LevelObject): number =>
  (limited ?? exempt)?.nominalConcurrencyShares ?? 0

/** A level as it is at work: how many seats it has now, and who sits on them or waits for one. */
export class PriorityLevel {
  readonly name: string
  readonly demand: SeatDemand
  readonly queueSet: QueueSet
  /** Its object is gone: it ends when nothing is under way in it. */
  quiescing = false
  uid = ''
  nominalSeats = 0
  lowerSeats = 0
  upperSeats = 0
  currentSeats = 0
  target = 0
  /** The widest that a request may be, where requests queue. */
  maxSeats: number | undefined
  shares = 0
  #limiting: Limiting
  #lendable = 0
  #borrowing: number | undefined
  readonly #flows = new Map<string, FlowStatistics>()

  constructor(name: string, limiting: Limiting, clock: Clock) {
    this.name = name
    this.#limiting = limiting
    this.demand = new SeatDemand(clock.monotonic())
    this.queueSet = new QueueSet({
      limiting,
      concurrencyLimit: 0,
      demand: this.demand,
      now: () => clock.monotonic(),
      after: (milliseconds, callback) => void clock.after(milliseconds, callback),
    })
  }

  get isExempt(): boolean {
    return this.#limiting.type === 'exempt'
  }

  get flows(): Iterable<FlowStatistics> {
    return this.#flows.values()
  }

  statistics(schema: string): FlowStatistics {
    const known = this.#flows.get(schema)
    if (known) return known
    const made = new FlowStatistics(this.name, schema)
    this.#flows.set(schema, made)
    return made
  }

  /** Forgets what was counted for schemas that are gone. */
  keepFlows(schemas: ReadonlySet<string>): void {
    for (const [schema, { executing, waiting }] of this.#flows)
      if (!schemas.has(schema) && executing + waiting === 0) this.#flows.delete(schema)
  }

  describe(object: LevelObject, limiting: Limiting): void {
    this.uid = object.metadata.uid ?? ''
    this.shares = sharesOf(object)
    this.#limiting = limiting
    this.quiescing = false
    this.#lendable = (object.spec.limited ?? object.spec.exempt)?.lendablePercent ?? 0
    this.#borrowing = object.spec.limited?.borrowingLimitPercent
  }

  /** Takes its part of the server's seats; what it lends and borrows of it is decided from time to time. */
  share(serverSeats: number, allShares: number): void {
    const nominal = allShares === 0 ? 0 : Math.ceil((serverSeats * this.shares) / allShares)
    const lendable = Math.round((nominal * this.#lendable) / 100)
    const isNew = this.upperSeats === 0
    this.nominalSeats = nominal
    this.lowerSeats = nominal - lendable
    this.upperSeats =
      nominal + (this.#borrowing === undefined ? serverSeats : Math.round((nominal * this.#borrowing) / 100))
    if (isNew) this.currentSeats = nominal - Math.trunc(lendable / 2)
    this.maxSeats =
      this.#limiting.type === 'queue'
        ? Math.max(1, Math.min(Math.ceil(nominal * mostSeatsPercent), Math.floor(nominal / this.#limiting.handSize)))
        : undefined
  }

  setSeats(seats: number): void {
    this.currentSeats = seats
    this.queueSet.configure(this.#limiting, seats)
  }
}
