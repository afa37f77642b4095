import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnyResourceDefinition,
  apiVersionOf,
  type KubernetesObject,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import type { Backend, StorageEvent } from '@tandem/storage'
import { Backlog } from './backlog.ts'
import { ConvertedStore } from './converted-store.ts'
import type { StoreHooks } from './hooks.ts'
import { prefixOf, registryPrefix, resourcePrefix } from './keys.ts'
import { Progress } from './progress.ts'
import { ResourceStore } from './resource-store.ts'
import type { DroppedWatchers, Registry, Store } from './store.ts'
import { WatchCache } from './watch-cache.ts'

export interface RegistryOptions {
  backend: Backend
  /** Of Events; upstream's `--event-ttl`. */
  eventTtlSeconds?: number
  bookmarkMilliseconds?: number
  now?(): number
  /** The caches could not follow the backend and begin anew. */
  onError?(error: unknown): void
}

const anHour = 3600
const aMinute = 60_000
const retryMilliseconds = 100

/** One watch of the whole backend feeds the caches of all resources. */
export class StoreRegistry implements Registry {
  readonly #backend: Backend
  readonly #options: RegistryOptions
  readonly #caches = new Map<string, WatchCache>()
  readonly #stores = new Map<string, Store>()
  readonly #hooks = new Map<string, StoreHooks<never>>()
  readonly #progress = new Progress()
  readonly #backlog = new Backlog()
  readonly #closing = new AbortController()
  readonly #bookmarks: NodeJS.Timeout
  #following: Promise<void> = Promise.resolve()

  static async open(options: RegistryOptions): Promise<StoreRegistry> {
    const registry = new StoreRegistry(options)
    const revision = await options.backend.currentRevision()
    registry.#following = registry.#follow(revision)
    await registry.#progress.reached(revision)
    return registry
  }

  private constructor(options: RegistryOptions) {
    this.#backend = options.backend
    this.#options = options
    this.#bookmarks = setInterval(() => this.#bookmark(), options.bookmarkMilliseconds ?? aMinute)
    this.#bookmarks.unref()
  }

  store<T extends KubernetesObject>(definition: ResourceDefinition<T>): Store<T> {
    const key = storeKey(definition)
    const known = this.#stores.get(key)
    if (known) return known as unknown as Store<T>
    const store = this.#make(definition)
    this.#stores.set(key, store as unknown as Store)
    return store
  }

  add(definition: AnyResourceDefinition): void {
    const any = definition as unknown as ResourceDefinition
    const store = this.#stores.get(storeKey(any))
    if (store && store.definition !== any) this.remove(definition)
    this.store(any)
  }

  remove(definition: AnyResourceDefinition): void {
    const any = definition as unknown as ResourceDefinition
    const prefix = resourcePrefix(any)
    if (!this.#stores.delete(storeKey(any)) || (any.storedAs && this.#isStored(prefix))) return
    this.#caches.get(prefix)?.reset()
    this.#caches.delete(prefix)
    // The other versions stand on a store that hears of nothing any more.
    for (const [key, { definition }] of this.#stores)
      if (definition.storedAs && resourcePrefix(definition.storedAs.definition) === prefix) this.#stores.delete(key)
  }

  /** What a resource does around its writes. To be said before its store is asked for. */
  hook<T extends KubernetesObject>(definition: ResourceDefinition<T>, hooks: StoreHooks<T>): void {
    this.#hooks.set(resourcePrefix(definition), hooks as StoreHooks<never>)
  }

  /** No other process writes to the store. */
  get exclusive(): boolean {
    return this.#backend.exclusive
  }

  droppedWatchers(): DroppedWatchers[] {
    return [...this.#caches.values()].map(({ definition: { group, plural }, watchers }) => ({
      group,
      resource: plural,
      count: watchers.dropped,
    }))
  }

  revision(): number {
    return this.#progress.revision
  }

  async close(): Promise<void> {
    clearInterval(this.#bookmarks)
    this.#closing.abort()
    for (const cache of this.#caches.values()) cache.reset()
    await this.#following
  }

  #isStored(prefix: string): boolean {
    return this.#stores.values().some(({ definition }) => resourcePrefix(definition) === prefix)
  }

  #make<T extends KubernetesObject>(definition: ResourceDefinition<T>, { readsBack = false } = {}): Store<T> {
    const { storedAs } = definition
    if (storedAs) {
      const stored = storedAs.definition as unknown as ResourceDefinition
      if (storedAs.convert) {
        const base = underRulesOf({ ...definition, subresources: {} }, stored)
        return new ConvertedStore(definition, storedAs, this.#make(base, { readsBack: true }))
      }
      const base = storedAs.ownRules
        ? this.#make(underRulesOf(definition, stored), { readsBack: true })
        : this.store(stored)
      return new ConvertedStore(definition, storedAs, base)
    }
    const prefix = resourcePrefix(definition)
    const cache =
      this.#caches.get(prefix) ??
      new WatchCache(definition as unknown as ResourceDefinition, this.#backend, this.#backlog)
    this.#caches.set(prefix, cache)
    return new ResourceStore({
      definition,
      cache,
      backend: this.#backend,
      progress: this.#progress,
      hooks: (this.#hooks.get(prefix) ?? {}) as StoreHooks<T>,
      readsBack,
      ttlSeconds: prefix === '/registry/core/events/' ? (this.#options.eventTtlSeconds ?? anHour) : undefined,
      now: this.#options.now ?? Date.now,
    })
  }

  async #follow(from: number): Promise<void> {
    const { signal } = this.#closing
    for (let start: number | undefined = from; !signal.aborted; start = undefined) {
      try {
        const fromRevision = start ?? (await this.#beginAnew())
        const watch = this.#backend.watch(registryPrefix, { fromRevision, progress: true, signal })
        for await (const { events, revision } of watch) {
          this.#dispatch(events)
          this.#progress.advance(revision)
        }
        return
      } catch (error) {
        this.#options.onError?.(error)
        await sleep(retryMilliseconds)
      }
    }
  }

  /** Every cache reads anew what it may have missed: also what was read before the new watch begins. */
  async #beginAnew(): Promise<number> {
    const revision = await this.#backend.currentRevision()
    for (const cache of this.#caches.values()) cache.reset()
    return revision
  }

  #dispatch(events: readonly StorageEvent[]): void {
    const byCache = new Map<WatchCache, StorageEvent[]>()
    for (const event of events) {
      const cache = this.#caches.get(prefixOf(event.key))
      if (!cache) continue
      const own = byCache.get(cache)
      if (own) own.push(event)
      else byCache.set(cache, [event])
    }
    for (const [cache, own] of byCache) {
      try {
        cache.apply(own)
      } catch (error) {
        // One resource's trouble is no other's: its next reader fills it anew.
        this.#options.onError?.(error)
        cache.reset()
      }
    }
  }

  #bookmark(): void {
    for (const cache of this.#caches.values()) if (cache.watchers.size > 0) cache.bookmark(this.revision())
  }
}

/** A stored form that judges nothing: another version did. */
function underRulesOf<T extends KubernetesObject>(
  { subresources, prepareForCreate }: ResourceDefinition<T>,
  stored: ResourceDefinition,
): ResourceDefinition {
  const { validate: _v, validateUpdate: _u, validateStatusUpdate: _s, warnings: _w, ...rest } = stored
  return {
    ...rest,
    ...(subresources && { subresources }),
    ...(prepareForCreate && { prepareForCreate: prepareForCreate as ResourceDefinition['prepareForCreate'] & object }),
  }
}

/** What keeps versions stands below those that are served, one of which has its name. */
const storeKey = <T extends KubernetesObject>(definition: ResourceDefinition<T>): string =>
  `${apiVersionOf(definition)}/${definition.plural}${definition.custom?.keepsVersion ? '/kept' : ''}`
