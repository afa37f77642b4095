import type { FieldError, KubernetesObject, ObjectKey, ResourceDefinition } from '@tandem/apimachinery'
import { Codec } from './entry.ts'
import { refuse } from './preparing.ts'
import { storedFieldSelector } from './selection.ts'
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
    return this.#list(await this.#base.list(this.#selection(request)))
  }

  async create(object: T, request: CreateRequest<T> = {}): Promise<StoredEntry<T>> {
    const { admit: _admit, ...rest } = request
    return this.#entry(await this.#base.create(this.#as.toStored(object), { ...rest, ...this.#admission(request) }))
  }

  async update(key: ObjectKey, change: Change<T>, request: UpdateRequest<T> = {}): Promise<UpdateResult<T>> {
    const { admit: _admit, rules: _rules, ...rest } = request
    const changeStored = async (current: KubernetesObject | undefined) =>
      this.#as.toStored(await change(current && this.#from(current)))
    const { entry, ...result } = await this.#base.update(key, changeStored, { ...rest, ...this.#admission(request) })
    return { ...result, entry: this.#entry(entry) }
  }

  async delete(key: ObjectKey, request: DeleteRequest<T> = {}): Promise<DeleteResult<T>> {
    const { entry, deleted } = await this.#base.delete(key, this.#deletion(request))
    return { entry: this.#entry(entry), deleted }
  }

  async deleteCollection(list: ListRequest, request: DeleteRequest<T> = {}): Promise<StoredList<T>> {
    return this.#list(await this.#base.deleteCollection(this.#selection(list), this.#deletion(request)))
  }

  async watch(request: WatchRequest): Promise<Watch<T>> {
    return this.#watch(await this.#base.watch(this.#selection(request)))
  }

  async *#watch(batches: Watch): Watch<T> & AsyncGenerator<readonly WatchEvent<T>[]> {
    for await (const batch of batches) yield batch.map((event) => this.#event(event))
  }

  #event(event: WatchEvent): WatchEvent<T> {
    const known = this.#events.get(event)
    if (known) return known
    const converted = this.#convertEvent(event)
    this.#events.set(event, converted)
    return converted
  }

  #convertEvent(event: WatchEvent): WatchEvent<T> {
    const { type, entry, revision, initialEventsEnd } = event
    if (entry && type !== 'BOOKMARK' && type !== 'ERROR') return new ObjectEvent(type, this.#entry(entry))
    if (type !== 'BOOKMARK') return event as unknown as WatchEvent<T>
    const { apiVersion = '', kind = '' } = this.#from({ metadata: {} } as KubernetesObject)
    return new Bookmark({ apiVersion, kind }, revision, { initialEventsEnd: initialEventsEnd === true })
  }

  #list({ entries, ...list }: StoredList): StoredList<T> {
    return { ...list, entries: entries.map((entry) => this.#entry(entry)) }
  }

  #entry(stored: StoredEntry): StoredEntry<T> {
    const known = this.#entries.get(stored)
    if (known) return known
    const object = this.#from(stored.object())
    const entry = this.#codec.entry(this.#codec.encode(object), stored.revision, this.#codec.take(object))
    this.#entries.set(stored, entry)
    return entry
  }

  #selection<R extends Selection>(request: R): R {
    return { ...request, fieldSelector: storedFieldSelector(this.definition, request.fieldSelector) }
  }

  #from(stored: KubernetesObject): T {
    return this.#as.fromStored(stored) as T
  }

  /** A version may be stricter than the stored one; admission sees objects in the version of the request. */
  #admission(request: WriteRequest<T> & Pick<UpdateRequest<T>, 'subresource'>): WriteRequest<KubernetesObject> {
    return {
      admit: async (stored, storedOld) => {
        const object = this.#from(stored)
        const old = storedOld && this.#from(storedOld)
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
    return admit ? { ...rest, admit: (object) => admit(this.#from(object)) } : rest
  }
}
