import {
  apiVersionOf,
  isExpired,
  isGone,
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import { Backoff } from '../backoff.ts'
import type { Client, Selection, WatchEvent } from '../client.ts'
import { Indexer } from './indexer.ts'
import type { Informer, InformerHandler, InformerSelection } from './informer.ts'

export interface SharedInformerOptions<T extends KubernetesObject> {
  client: Client
  clock: Clock
  logger: Logger
  resource: ResourceDefinition<T>
  selection?: InformerSelection<T>
}

/** Keeps an indexer current: one list, then watches that go on where the last one ended; a new list only when history is lost. */
export class SharedInformer<T extends KubernetesObject> implements Informer<T> {
  readonly resource: ResourceDefinition<T>
  readonly synced: Promise<void>
  readonly #options: SharedInformerOptions<T>
  readonly #selection: Selection
  readonly #transform: (object: T) => T
  readonly #indexer = new Indexer<T>()
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #backoff: Backoff
  #reportSynced: () => void = () => {}
  #hasSynced = false
  /** Up to where the indexer is current; undefined when only a list can tell. */
  #resourceVersion: string | undefined

  constructor(options: SharedInformerOptions<T>) {
    const { namespace, labelSelector, fieldSelector, metadataOnly, transform } = options.selection ?? {}
    this.resource = options.resource
    this.#options = options
    this.#selection = { namespace, labelSelector, fieldSelector, metadataOnly }
    this.#transform = transform ?? ((object) => object)
    // All components of a cluster start at once: what finds no server yet asks again soon.
    this.#backoff = new Backoff(options.clock, { initialMs: 100, maxMs: 8_000 })
    this.synced = new Promise((resolve) => {
      this.#reportSynced = resolve
    })
  }

  get hasSynced(): boolean {
    return this.#hasSynced
  }

  get(key: ObjectKey): T | undefined {
    return this.#indexer.get(key)
  }

  list(namespace?: string): T[] {
    return this.#indexer.list(namespace)
  }

  byIndex(index: string, value: string): T[] {
    return this.#indexer.byIndex(index, value)
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    this.#indexer.addIndex(name, values)
  }

  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#indexer.list()) this.#isolated(() => handler.added?.(object))
    return () => void this.#handlers.delete(handler)
  }

  /** Runs until the signal aborts. Failures are logged and retried: an informer never gives up. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#resourceVersion ??= await this.#relist(signal)
        await this.#watch(this.#resourceVersion, signal)
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error, signal)
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger, resource } = this.#options
    if (isExpired(error) || isGone(error)) {
      this.#resourceVersion = undefined
      logger.debug({ resource: resource.plural }, 'watch history is gone, listing again')
      if (this.#hasSynced) return
    } else {
      logger.warn({ resource: resource.plural, group: resource.group, error }, 'list or watch failed')
    }
    await clock.sleep(this.#backoff.next(), signal).catch(() => undefined)
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const { client, resource } = this.#options
    const list = await client.list(resource, { ...this.#selection, signal })
    const present = new Set<string>()
    for (const item of list.items) {
      present.add(keyOf(item.metadata))
      this.#store(item)
    }
    for (const object of this.#indexer.list()) {
      if (!present.has(keyOf(object.metadata))) this.#remove(object)
    }
    if (!this.#hasSynced) {
      this.#hasSynced = true
      this.#reportSynced()
    }
    return list.metadata.resourceVersion ?? ''
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, resource, clock } = this.#options
    const startedAt = clock.monotonic()
    const events = client.watch(resource, {
      ...this.#selection,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: 300 + Math.floor(Math.random() * 300),
      signal,
    })
    let received = 0
    for await (const event of events) {
      received++
      this.#apply(event)
      if (signal.aborted) return
    }
    if (received === 0 && clock.monotonic() - startedAt < 1000)
      throw new Error('very short watch: closed by the server without an event')
    this.#backoff.reset()
  }

  #apply({ type, object }: WatchEvent<T>): void {
    if (type === 'DELETED') this.#remove(object)
    else if (type !== 'BOOKMARK') this.#store(object)
    this.#resourceVersion = object.metadata.resourceVersion
  }

  #store(received: T): void {
    received.apiVersion = apiVersionOf(this.resource)
    received.kind = this.resource.kind
    const object = this.#transform(received)
    const old = this.#indexer.set(object)
    if (!old) this.#tell((handler) => handler.added?.(object))
    else if (old.metadata.resourceVersion === object.metadata.resourceVersion) return
    else if (old.metadata.uid !== object.metadata.uid) {
      this.#tell((handler) => handler.deleted?.(old))
      this.#tell((handler) => handler.added?.(object))
    } else this.#tell((handler) => handler.updated?.(object, old))
  }

  /** Handlers get the object's last state where the event has one. */
  #remove(last: T): void {
    if (!this.#indexer.delete(last.metadata)) return
    const object = this.#transform(last)
    this.#tell((handler) => handler.deleted?.(object))
  }

  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) this.#isolated(() => call(handler))
  }

  /** One reader's fault must not keep changes from the others. */
  #isolated(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#options.logger.error({ resource: this.resource.plural, error }, 'informer handler failed')
    }
  }
}
