import {
  apiVersionOf,
  type FieldError,
  type KubernetesObject,
  type ObjectKey,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { Codec } from './entry.ts'
import { entryKey } from './keys.ts'
import { prepareUpdate, refuse } from './preparing.ts'
import { metaFieldSelector, parseSelection, storedFieldSelector } from './selection.ts'
import { ShownObjects } from './shown-objects.ts'
import type {
  Change,
  CreateRequest,
  DeleteRequest,
  DeleteResult,
  ListRequest,
  Selection,
  Store,
  StoredEntry,
  StoredList,
  StoreStatistics,
  UpdateRequest,
  UpdateResult,
  Watch,
  WatchRequest,
  WriteRequest,
} from './store.ts'
import { Bookmark, ObjectEvent, type WatchEvent } from './watch-event.ts'

type StoredAs<T extends KubernetesObject> = NonNullable<ResourceDefinition<T>['storedAs']>

/** A version of a resource that is kept as another one: objects are converted on the way in and on the way out. */
export class ConvertedStore<T extends KubernetesObject> implements Store<T> {
  readonly definition: ResourceDefinition<T>
  readonly #base: Store
  readonly #as: StoredAs<T>
  readonly #codec: Codec<T>
  /** One conversion of an entry or event serves all who read it. */
  readonly #entries = new WeakMap<StoredEntry, StoredEntry<T>>()
  readonly #events = new WeakMap<WatchEvent, WatchEvent<T>>()

  constructor(definition: ResourceDefinition<T>, as: StoredAs<T>, base: Store) {
    this.definition = definition
    this.#as = as
    this.#base = base
    this.#codec = new Codec(definition)
  }

  statistics(): StoreStatistics {
    return this.#base.statistics()
  }

  async get(key: ObjectKey, options?: { resourceVersion?: string | undefined }): Promise<StoredEntry<T>> {
    return this.#entry(await this.#base.get(key, options))
  }

  async list(request: ListRequest = {}): Promise<StoredList<T>> {
    const { selection, matches } = this.#selection(request)
    // What is chosen among converted objects cannot be counted before.
    const found = await this.#base.list(matches ? { ...selection, limit: undefined } : selection)
    const list = await this.#list(found)
    return matches ? { ...list, entries: list.entries.filter(matches) } : list
  }

  async create(object: T, request: CreateRequest<T> = {}): Promise<StoredEntry<T>> {
    const { admit: _admit, ...rest } = request
    const stored = await this.#toStored(object)
    return this.#entry(await this.#base.create(stored, { ...rest, ...this.#admission(request) }))
  }

  async update(key: ObjectKey, change: Change<T>, request: UpdateRequest<T> = {}): Promise<UpdateResult<T>> {
    const { admit: _admit, rules: _rules, ...rest } = request
    let generation: number | undefined
    const changeStored = async (current: KubernetesObject | undefined) => {
      const old = current && (await this.#from(current))
      const next = await change(old && structuredClone(old))
      if (old && this.#as.convert) {
        prepareUpdate(this.definition, { next, old, subresource: request.subresource, rules: undefined })
        generation = next.metadata.generation
      }
      return this.#toStored(next)
    }
    // What is kept may be of another shape: only here the two can be compared.
    const prepared: UpdateRequest<KubernetesObject> | undefined = this.#as.convert && {
      subresource: undefined,
      rules: {
        keepGeneration: true,
        prepareForUpdate: ({ metadata }) => {
          if (generation !== undefined) metadata.generation = generation
        },
      },
    }
    const options = { ...rest, ...this.#admission(request), ...prepared }
    const { entry, ...result } = await this.#base.update(key, changeStored, options)
    return { ...result, entry: await this.#entry(entry) }
  }

  async delete(key: ObjectKey, request: DeleteRequest<T> = {}): Promise<DeleteResult<T>> {
    const { entry, deleted } = await this.#base.delete(key, this.#deletion(request))
    return { entry: await this.#entry(entry), deleted }
  }

  async deleteCollection(list: ListRequest, request: DeleteRequest<T> = {}): Promise<StoredList<T>> {
    const { selection, matches } = this.#selection(list)
    if (!matches) return this.#list(await this.#base.deleteCollection(selection, this.#deletion(request)))
    const chosen = await this.list(list)
    await Promise.all(chosen.entries.map(({ namespace, name }) => this.delete({ namespace, name }, request)))
    return chosen
  }

  async watch(request: WatchRequest): Promise<Watch<T>> {
    const { selection, matches } = this.#selection(request)
    const shown = matches && new ShownObjects<T>(matches, await this.#shownAt(request))
    return this.#watch(await this.#base.watch(selection), shown)
  }

  /** What a watch that goes on from somewhere has been shown before. */
  async #shownAt({ resourceVersion, namespace, labelSelector, fieldSelector }: WatchRequest): Promise<string[]> {
    if (!resourceVersion || resourceVersion === '0') return []
    const at = { resourceVersion, resourceVersionMatch: 'Exact' }
    const { entries } = await this.list({ namespace, labelSelector, fieldSelector, ...at })
    return entries.map(entryKey)
  }

  async *#watch(
    batches: Watch,
    shown: ShownObjects<T> | undefined,
  ): Watch<T> & AsyncGenerator<readonly WatchEvent<T>[]> {
    for await (const batch of batches) {
      const entries = await this.#entriesOf(batch.flatMap(({ entry }) => entry ?? []))
      const events = batch.map((event) => this.#event(event, entries))
      yield shown ? events.flatMap((event) => shown.eventFor(event) ?? []) : events
    }
  }

  #event(event: WatchEvent, entries: ReadonlyMap<StoredEntry, StoredEntry<T>>): WatchEvent<T> {
    const known = this.#events.get(event)
    if (known) return known
    const converted = this.#convertEvent(event, event.entry && entries.get(event.entry))
    this.#events.set(event, converted)
    return converted
  }

  #convertEvent(event: WatchEvent, entry: StoredEntry<T> | undefined): WatchEvent<T> {
    const { type, revision, initialEventsEnd } = event
    if (entry && type !== 'BOOKMARK' && type !== 'ERROR') return new ObjectEvent(type, entry)
    if (type !== 'BOOKMARK') return event as unknown as WatchEvent<T>
    const of = { apiVersion: apiVersionOf(this.definition), kind: this.definition.kind }
    return new Bookmark(of, revision, { initialEventsEnd: initialEventsEnd === true })
  }

  async #list({ entries, ...list }: StoredList): Promise<StoredList<T>> {
    const converted = await this.#entriesOf(entries)
    return { ...list, entries: entries.flatMap((entry) => converted.get(entry) ?? []) }
  }

  async #entry(stored: StoredEntry): Promise<StoredEntry<T>> {
    const entries = await this.#entriesOf([stored])
    return entries.get(stored) as StoredEntry<T>
  }

  async #entriesOf(stored: readonly StoredEntry[]): Promise<Map<StoredEntry, StoredEntry<T>>> {
    const missing = stored.filter((entry) => !this.#entries.has(entry))
    const objects = missing.length > 0 ? await this.#fromAll(missing.map((entry) => entry.object())) : []
    for (const [index, entry] of missing.entries()) {
      const object = objects[index] as T
      const taken = this.#codec.take(object)
      this.#entries.set(entry, this.#codec.entry(this.#codec.encode(object), entry.revision, taken))
    }
    return new Map(stored.map((entry) => [entry, this.#entries.get(entry) as StoredEntry<T>]))
  }

  /** What the store is asked for, and what is chosen after conversion: then fields are others than those that are kept. */
  #selection<R extends Selection>(request: R): { selection: R; matches?: (entry: StoredEntry) => boolean } {
    const { fieldSelector } = request
    if (!this.#as.convert || !fieldSelector)
      return { selection: { ...request, fieldSelector: storedFieldSelector(this.definition, fieldSelector) } }
    const { matches } = parseSelection(this.definition, { fieldSelector })
    return { selection: { ...request, fieldSelector: metaFieldSelector(fieldSelector) }, matches }
  }

  #fromAll(stored: readonly KubernetesObject[]): Promise<T[]> | T[] {
    const { convert, fromStored } = this.#as
    return convert ? (convert.fromStored(stored) as Promise<T[]>) : stored.map((object) => fromStored(object) as T)
  }

  #toStored(object: T): KubernetesObject | Promise<KubernetesObject> {
    return this.#as.convert?.toStored(object) ?? this.#as.toStored(object)
  }

  async #from(stored: KubernetesObject): Promise<T> {
    const [object] = await this.#fromAll([stored])
    return object as T
  }

  /** A version may be stricter than the stored one; admission sees objects in the version of the request. */
  #admission(request: WriteRequest<T> & Pick<UpdateRequest<T>, 'subresource'>): WriteRequest<KubernetesObject> {
    return {
      admit: async (stored, storedOld) => {
        const object = await this.#from(stored)
        const old = storedOld && (await this.#from(storedOld))
        refuse(this.definition, object, this.#faults(object, old, request))
        if (this.#as.ownRules) for (const text of this.definition.warnings?.(object, old) ?? []) request.warn?.(text)
        await request.admit?.(object, old)
      },
    }
  }

  #faults(object: T, old: T | undefined, { subresource }: Pick<UpdateRequest<T>, 'subresource'>): FieldError[] {
    const { definition } = this
    if (!old) return definition.validate?.(object) ?? []
    const isStatus = subresource === 'status' && this.#as.ownRules
    return (isStatus ? definition.validateStatusUpdate?.(object, old) : definition.validateUpdate?.(object, old)) ?? []
  }

  #deletion({ admit, ...rest }: DeleteRequest<T>): DeleteRequest<KubernetesObject> {
    return admit ? { ...rest, admit: async (object) => admit(await this.#from(object)) } : rest
  }
}
