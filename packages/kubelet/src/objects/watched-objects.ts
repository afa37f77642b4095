import { isNotFound, type KubernetesObject, keyOf, type ObjectKey, type ResourceDefinition } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'

interface Entry<T> {
  value: T | undefined
  loaded: Promise<void>
  stop: AbortController
}

export interface WatchedObjectsOptions<T extends KubernetesObject> {
  resource: ResourceDefinition<T>
  client: Client
  clock: Clock
  logger: Logger
  onChange(key: string): void
}

const longestWait = 10_000

/**
 * Objects read one by one, for the node may not list them: each is watched by name from its first read on, until nobody on
 * this node refers to it any more.
 */
export class WatchedObjects<T extends KubernetesObject> {
  readonly #options: WatchedObjectsOptions<T>
  readonly #entries = new Map<string, Entry<T>>()

  constructor(options: WatchedObjectsOptions<T>) {
    this.#options = options
  }

  async get(key: ObjectKey): Promise<T | undefined> {
    const name = keyOf(key)
    const entry = this.#entries.get(name) ?? this.#watch(key)
    await entry.loaded
    return entry.value
  }

  /** Stops watching all but these keys. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, entry] of this.#entries) {
      if (keys.has(key)) continue
      entry.stop.abort()
      this.#entries.delete(key)
    }
  }

  stop(): void {
    this.retain(new Set())
  }

  #watch(key: ObjectKey): Entry<T> {
    const entry: Entry<T> = { value: undefined, loaded: Promise.resolve(), stop: new AbortController() }
    let first: (() => void) | undefined
    let failed: ((reason: unknown) => void) | undefined
    entry.loaded = new Promise((resolve, reject) => {
      first = resolve
      failed = reject
    })
    entry.loaded.catch(() => {})
    this.#entries.set(keyOf(key), entry)
    void this.#follow(
      key,
      entry,
      () => first?.(),
      (error) => failed?.(error),
    )
    return entry
  }

  async #follow(key: ObjectKey, entry: Entry<T>, loaded: () => void, failed: (error: unknown) => void): Promise<void> {
    const { client, resource, clock, logger } = this.#options
    const { signal } = entry.stop
    let everLoaded = false
    for (let wait = 200; !signal.aborted; ) {
      try {
        const selection = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` }
        const list = await client.list(resource, { ...selection, signal })
        this.#set(key, entry, list.items[0], everLoaded)
        everLoaded = true
        loaded()
        wait = 200
        const resourceVersion = list.metadata.resourceVersion ?? ''
        for await (const event of client.watch(resource, { ...selection, resourceVersion, signal })) {
          if (event.type !== 'BOOKMARK')
            this.#set(key, entry, event.type === 'DELETED' ? undefined : event.object, true)
        }
      } catch (error) {
        if (signal.aborted) return
        if (!everLoaded) {
          // Who asked is told, and the next one who asks tries anew.
          this.#entries.delete(keyOf(key))
          if (isNotFound(error)) loaded()
          else failed(error)
          return
        }
        logger.debug({ error, object: keyOf(key) }, 'watch of an object ended')
        await clock.sleep(wait, signal).catch(() => {})
        wait = Math.min(wait * 2, longestWait)
      }
    }
  }

  #set(key: ObjectKey, entry: Entry<T>, value: T | undefined, notify: boolean): void {
    const changed = entry.value?.metadata.resourceVersion !== value?.metadata.resourceVersion
    entry.value = value
    if (changed && notify) this.#options.onChange(keyOf(key))
  }
}
