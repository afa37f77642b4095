import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '@tandem/api/flowcontrol/v1/mandatory'
import type { FlowSchema, PriorityLevelConfiguration } from '@tandem/api/flowcontrol/v1/types'
import type { Clock } from '@tandem/component-base'
import type { UserInfo } from '../../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'
import { adjustSeats } from './borrowing.ts'
import { classifiedSchema, inMatchingOrder, type SchemaObject } from './classification.ts'
import { type Classification, Classifier } from './classifier.ts'
import { limitingOf, PriorityLevel } from './priority-level.ts'

export interface DispatcherOptions {
  /** Seats that all levels but the exempt one share. */
  seats: number
  clock: Clock
}

/** The levels and schemas that are in force, and which of them a request falls under. */
export class Dispatcher {
  fairFraction = 0
  readonly #options: DispatcherOptions
  #levels = new Map<string, PriorityLevel>()
  #classifier = new Classifier([])

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.configure([], [])
  }

  get levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  classify(user: UserInfo, info: RequestInfo): Classification {
    return this.#classifier.classify(user, info)
  }

  /** Takes over what the objects say now. Levels that are gone end when they are empty, so that nobody who waits is forgotten. */
  configure(levelObjects: readonly PriorityLevelConfiguration[], schemaObjects: readonly FlowSchema[]): void {
    const { clock, seats } = this.#options
    const next = new Map<string, PriorityLevel>()
    for (const object of withMandatory(levelObjects, mandatoryPriorityLevels)) {
      const limiting = limitingOf(object)
      if (!limiting) continue
      const { name } = object.metadata
      const level = this.#levels.get(name) ?? new PriorityLevel(name, limiting, clock)
      level.describe(object, limiting)
      next.set(name, level)
    }
    const classes = classesOf(withMandatory(schemaObjects, mandatoryFlowSchemas), next)
    this.#classifier = new Classifier(classes)
    for (const [name, level] of this.#levels) {
      if (next.has(name) || level.queueSet.idle) continue
      level.quiescing = true
      next.set(name, level)
    }
    this.#levels = next
    const schemas = new Set(classes.map(({ schema }) => schema.name))
    for (const level of next.values()) level.keepFlows(schemas)
    const allShares = [...next.values()].reduce((sum, { shares }) => sum + shares, 0)
    for (const level of next.values()) level.share(seats, allShares)
    this.adjust()
  }

  /** Lends seats from levels that need few to levels that need many. To be called every now and then. */
  adjust(): void {
    for (const [name, level] of this.#levels) if (level.quiescing && level.queueSet.idle) this.#levels.delete(name)
    this.fairFraction = adjustSeats(this.levels, this.#options.clock.monotonic())
  }

  /** Is there a level of that name that schemas can refer to? */
  hasLevel(name: string): boolean {
    return this.#levels.get(name)?.quiescing === false
  }
}

function classesOf(schemas: readonly SchemaObject[], levels: ReadonlyMap<string, PriorityLevel>): Classification[] {
  return inMatchingOrder(schemas).flatMap((object) => {
    const schema = classifiedSchema(object)
    const level = levels.get(schema.level)
    return level ? [{ schema, level, statistics: level.statistics(schema.name) }] : []
  })
}

interface Named<Spec> {
  metadata: { name: string }
  spec: Spec
}

/** What must be there is, even while its object is not. */
function withMandatory<Spec, T extends Named<Spec>>(
  objects: readonly T[],
  mandatory: Readonly<Record<string, Spec>>,
): (T | Named<Spec>)[] {
  const missing = Object.entries(mandatory).filter(([name]) => !objects.some(({ metadata }) => metadata.name === name))
  return [...objects, ...missing.map(([name, spec]) => ({ metadata: { name }, spec }))]
}
