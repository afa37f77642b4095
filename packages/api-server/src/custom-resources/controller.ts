import { customResourceDefinitions } from '@tandem/api/apiextensions/v1/customresourcedefinition'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '@tandem/api/apiextensions/v1/types'
import { isConflict, isNotFound, type ResourceDefinition } from '@tandem/apimachinery'
import type { Follower, FollowOptions } from '../follow.ts'
import type { Store } from '../registry/store.ts'
import { timestamp } from '../registry/timestamp.ts'
import type { Resources } from '../resources.ts'
import { type Condition, isTrue, withCondition } from './conditions.ts'
import {
  cleanupFinalizer,
  deletionCompleted,
  deletionFailed,
  deletionInProgress,
  deletionUnconfirmed,
  neverEstablished,
} from './deletion.ts'
import { awaitsEstablishing, establishedStatus, nextStatus } from './next-status.ts'

export interface DefinitionControllerOptions {
  resources: Resources
  /** The definition under which objects of a definition of this name are kept, while it is served. */
  storage(name: string): ResourceDefinition | undefined
  /** How many servers have to hear of a definition before it is established. */
  servers(): Promise<number>
  following: FollowOptions
}

/** As upstream: time in which other servers hear of a definition before anybody relies on it. */
const heardByAll = 5000
const retryPause = 1000
const emptyChecks = 120
const emptyPause = 500

/** Accepts names, establishes definitions, and clears away what is left of those that are deleted. Every server runs one. */
export class DefinitionController implements Follower<CustomResourceDefinition> {
  readonly #options: DefinitionControllerOptions
  readonly #known = new Map<string, CustomResourceDefinition>()
  /** What is being worked at, and whether it changed meanwhile. */
  readonly #working = new Map<string, { again: boolean }>()
  #started = false

  constructor(options: DefinitionControllerOptions) {
    this.#options = options
  }

  set(crd: CustomResourceDefinition): void {
    const { name } = crd.metadata
    const before = this.#known.get(name)
    this.#known.set(name, crd)
    // Names may have become free.
    if (before && JSON.stringify(before.status?.acceptedNames) !== JSON.stringify(crd.status?.acceptedNames))
      this.#wakeGroup(crd.spec.group)
    this.#wake(name)
  }

  remove(crd: CustomResourceDefinition): void {
    this.#known.delete(crd.metadata.name)
    this.#wakeGroup(crd.spec.group)
  }

  /** Begins to work: until then it only listens. */
  start(): void {
    this.#started = true
    for (const name of this.#known.keys()) this.#wake(name)
  }

  #wakeGroup(group: string): void {
    for (const [name, { spec }] of this.#known) if (spec.group === group) this.#wake(name)
  }

  #wake(name: string): void {
    if (!this.#started) return
    const working = this.#working.get(name)
    if (working) working.again = true
    else void this.#work(name)
  }

  async #work(name: string): Promise<void> {
    const state = { again: false }
    this.#working.set(name, state)
    const { clock, logger, signal } = this.#options.following
    do {
      state.again = false
      try {
        await this.#sync(name)
      } catch (error) {
        if (signal.aborted) break
        logger.warn({ err: error, name }, 'cannot bring a custom resource definition forward')
        await clock.sleep(retryPause, signal).catch(() => undefined)
        state.again = true
      }
    } while (state.again && !signal.aborted)
    this.#working.delete(name)
  }

  async #sync(name: string): Promise<void> {
    const crd = this.#known.get(name)
    if (!crd) return
    if (crd.metadata.deletionTimestamp) {
      if (crd.metadata.finalizers?.includes(cleanupFinalizer)) await this.#cleanUp(crd)
      return
    }
    if (nextStatus(crd, this.#known.values(), this.#now())) {
      await this.#writeStatus(crd, (current) => nextStatus(current, this.#known.values(), this.#now()))
      return
    }
    if (!awaitsEstablishing(crd)) return
    const { clock, signal } = this.#options.following
    if ((await this.#options.servers()) > 1) await clock.sleep(heardByAll, signal)
    await this.#writeStatus(crd, (current) =>
      awaitsEstablishing(current) ? establishedStatus(current, this.#now()) : undefined,
    )
  }

  async #cleanUp(crd: CustomResourceDefinition): Promise<void> {
    await this.#writeCondition(crd, deletionInProgress)
    const storage = this.#options.storage(crd.metadata.name)
    if (isTrue(crd, 'Established') && storage) {
      const failure = await this.#deleteObjects(storage)
      if (failure) {
        await this.#writeCondition(crd, failure)
        throw new Error(failure.message)
      }
      await this.#finish(crd, deletionCompleted)
    } else await this.#finish(crd, neverEstablished)
  }

  /** What stands in the way, if anything does. */
  async #deleteObjects(storage: ResourceDefinition): Promise<Condition | undefined> {
    const { clock, signal } = this.#options.following
    const store = this.#options.resources.store(storage)
    try {
      await store.deleteCollection({})
    } catch (error) {
      return deletionFailed(error)
    }
    for (let checks = 0; checks < emptyChecks; checks++) {
      if ((await store.list({ limit: 1 })).entries.length === 0) return undefined
      await clock.sleep(emptyPause, signal)
    }
    return deletionUnconfirmed
  }

  #writeCondition(crd: CustomResourceDefinition, condition: Condition): Promise<void> {
    return this.#writeStatus(crd, ({ status }) => ({
      ...status,
      conditions: withCondition(status?.conditions ?? [], condition, this.#now()),
    }))
  }

  async #finish(crd: CustomResourceDefinition, condition: Condition): Promise<void> {
    await this.#write(crd, (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter((name) => name !== cleanupFinalizer),
      },
      status: {
        ...current.status,
        conditions: withCondition(current.status?.conditions ?? [], condition, this.#now()),
      },
    }))
  }

  #writeStatus(
    crd: CustomResourceDefinition,
    next: (current: CustomResourceDefinition) => CustomResourceDefinitionStatus | undefined,
  ): Promise<void> {
    return this.#write(crd, (current) => {
      const status = next(current)
      return status ? { ...current, status } : current
    })
  }

  async #write(
    { metadata: { name, uid } }: CustomResourceDefinition,
    change: (current: CustomResourceDefinition) => CustomResourceDefinition,
  ): Promise<void> {
    try {
      await this.#store.update({ name }, (current) => change(current as CustomResourceDefinition), {
        subresource: 'status',
        preconditions: { uid },
      })
    } catch (error) {
      // Deleted, or another one by now: there will be news of it.
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  get #store(): Store<CustomResourceDefinition> {
    return this.#options.resources.store(customResourceDefinitions)
  }

  #now(): string {
    return timestamp(this.#options.following.clock.now())
  }
}
