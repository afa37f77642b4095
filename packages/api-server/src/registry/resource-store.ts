import {
  alreadyExists,
  conflict,
  generateNameConflict,
  isNotFound,
  type KubernetesObject,
  notFound,
  type ObjectKey,
  type ResourceDefinition,
  StatusError,
} from '@tandem/apimachinery'
import {
  type Backend,
  KeyExistsError,
  RevisionMismatchError,
  UnavailableError,
  type WriteOptions,
} from '@tandem/storage'
import { beginDeletion, endsWithUpdate } from './deletion.ts'
import type { Entry, Taken } from './entry.ts'
import { generatedName } from './generated-name.ts'
import type { StoreHooks } from './hooks.ts'
import { entryKey } from './keys.ts'
import { checkDeletePreconditions, checkUpdatePreconditions } from './preconditions.ts'
import {
  fillForCreate,
  fillNamespace,
  mustHaveResourceVersion,
  prepareUpdate,
  validateCreate,
  validateUpdate,
} from './preparing.ts'
import type { Progress } from './progress.ts'
import { Reader } from './reading.ts'
import type {
  Change,
  CreateRequest,
  DeleteRequest,
  DeleteResult,
  ListRequest,
  Preconditions,
  Store,
  StoredEntry,
  StoredList,
  StoreStatistics,
  UpdateRequest,
  UpdateResult,
  Watch,
  WatchRequest,
} from './store.ts'
import { isUnchanged } from './unchanged.ts'
import type { WatchCache } from './watch-cache.ts'
import { watch } from './watching.ts'

export interface ResourceStoreOptions<T extends KubernetesObject> {
  definition: ResourceDefinition<T>
  cache: WatchCache
  backend: Backend
  progress: Progress
  hooks: StoreHooks<T>
  /** How long objects of this resource live; Events do not live for ever. */
  ttlSeconds?: number | undefined
  /** What is written is not what is read: another version of a custom resource has other defaults. */
  readsBack?: boolean
  now(): number
}

const nameTries = 8

const versionOnCreate = () =>
  new StatusError({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' })

const deletionsAtOnce = 32

/** The store of a resource in the version in which it is kept. */
export class ResourceStore<T extends KubernetesObject> implements Store<T> {
  readonly definition: ResourceDefinition<T>
  readonly #cache: WatchCache
  readonly #backend: Backend
  readonly #progress: Progress
  readonly #reader: Reader
  readonly #hooks: StoreHooks<T>
  readonly #writeOptions: WriteOptions
  readonly #now: () => number
  readonly #readsBack: boolean

  constructor({
    definition,
    cache,
    backend,
    progress,
    hooks,
    ttlSeconds,
    readsBack = false,
    now,
  }: ResourceStoreOptions<T>) {
    this.definition = definition
    this.#cache = cache
    this.#backend = backend
    this.#progress = progress
    this.#reader = new Reader(cache, backend, progress)
    this.#hooks = hooks
    this.#writeOptions = ttlSeconds ? { ttlSeconds } : {}
    this.#now = now
    this.#readsBack = readsBack
  }

  statistics(): StoreStatistics {
    const { size, bytes } = this.#cache.entries
    return { count: size, bytes }
  }

  async get(
    key: ObjectKey,
    { resourceVersion }: { resourceVersion?: string | undefined } = {},
  ): Promise<StoredEntry<T>> {
    return (await this.#reader.get(key, resourceVersion)) as Entry<T>
  }

  list(request: ListRequest = {}): Promise<StoredList<T>> {
    return this.#reader.list(request) as Promise<StoredList<T>>
  }

  watch(request: WatchRequest): Promise<Watch<T>> {
    return watch({ cache: this.#cache, backend: this.#backend, reader: this.#reader }, request) as Promise<Watch<T>>
  }

  async create(object: T, request: CreateRequest<T> = {}): Promise<StoredEntry<T>> {
    await this.#cache.ready()
    const { metadata } = object
    if (metadata.resourceVersion && !request.dryRun) throw versionOnCreate()
    fillForCreate(this.definition, object, { namespace: request.namespace, now: this.#now() })
    const generate = !metadata.name && metadata.generateName ? metadata.generateName : undefined
    for (let tries = 1; ; tries++) {
      if (generate) metadata.name = generatedName(generate)
      try {
        return await this.#createOnce(object, request)
      } catch (error) {
        if (!(error instanceof KeyExistsError)) throw error
        if (!generate) throw this.#exists(object)
        if (tries === nameTries) throw generateNameConflict(this.#resource, metadata.name)
      }
    }
  }

  async #createOnce(object: T, { dryRun = false, admit, warn, by }: CreateRequest<T>): Promise<StoredEntry<T>> {
    this.definition.prepareForCreate?.(object, by)
    const reservation = await this.#hooks.beginCreate?.(object, { dryRun })
    try {
      validateCreate(this.definition, object)
      for (const text of this.definition.warnings?.(object) ?? []) warn?.(text)
      await admit?.(object, undefined)
      const key = entryKey(object.metadata)
      const { codec, prefix, entries } = this.#cache
      const stored = codec.encode(object)
      const taken = codec.take(object)
      if (dryRun) {
        if (entries.get(key)) throw new KeyExistsError(key)
        await reservation?.revert()
        return codec.entry(stored, 0, taken) as Entry<T>
      }
      this.#expect(stored, taken)
      const { revision } = await this.#backend.create(prefix + key, stored, this.#writeOptions)
      await reservation?.commit()
      return await this.#seen(key, revision, () => codec.entry(stored, revision, taken) as Entry<T>)
    } catch (error) {
      // A write that was not answered may be done all the same: what it took stays taken until the repair knows.
      if (!(error instanceof UnavailableError)) await reservation?.revert()
      throw error
    }
  }

  async update(key: ObjectKey, change: Change<T>, request: UpdateRequest<T> = {}): Promise<UpdateResult<T>> {
    await this.#reader.fresh('')
    for (;;) {
      const current = this.#cache.entries.get(entryKey(key)) as Entry<T> | undefined
      try {
        return current ? await this.#updateOnce(current, change, request) : await this.#createAt(key, change, request)
      } catch (error) {
        // Somebody else was first: begin again with what there is now.
        await this.#afterRace(error)
      }
    }
  }

  async #createAt(key: ObjectKey, change: Change<T>, request: UpdateRequest<T>): Promise<UpdateResult<T>> {
    const may = request.createIfAbsent ?? (this.definition.allowCreateOnUpdate && request.subresource === undefined)
    if (!may) throw notFound(this.#resource, key.name)
    this.#checkPreconditions(key, request)
    const object = await change(undefined)
    if (object.metadata.resourceVersion) throw notFound(this.#resource, key.name)
    fillForCreate(this.definition, object, { namespace: key.namespace, now: this.#now() })
    return { entry: await this.#createOnce(object, request), created: true, deleted: false }
  }

  async #updateOnce(current: Entry<T>, change: Change<T>, request: UpdateRequest<T>): Promise<UpdateResult<T>> {
    const { dryRun = false, subresource, rules, admit, warn } = request
    const old = current.object()
    this.#checkPreconditions(old.metadata, request)
    const next = await change(current.object())
    this.#checkClaims(next, old)
    next.metadata.resourceVersion = old.metadata.resourceVersion
    fillNamespace(this.definition, next, current.namespace)
    const step = { next, old, subresource, rules }
    prepareUpdate(this.definition, step)
    const reservation = subresource === undefined ? await this.#hooks.beginUpdate?.(next, old, { dryRun }) : undefined
    try {
      validateUpdate(this.definition, step)
      for (const text of this.definition.warnings?.(next, old) ?? []) warn?.(text)
      await admit?.(next, old)
      const done = await this.#writeUpdate(current, next, old, dryRun)
      if (dryRun) await reservation?.revert()
      else await reservation?.commit()
      return done
    } catch (error) {
      if (!(error instanceof UnavailableError)) await reservation?.revert()
      throw error
    }
  }

  async #writeUpdate(current: Entry<T>, next: T, old: T, dryRun: boolean): Promise<UpdateResult<T>> {
    const { codec, prefix } = this.#cache
    const { key } = current
    if (endsWithUpdate(next, old, this.#hooks)) {
      if (!dryRun) await this.#remove(current, old)
      const last = codec.entry(codec.encode(next), current.revision, codec.take(next)) as Entry<T>
      return { entry: last, created: false, deleted: true }
    }
    const stored = codec.encode(next)
    const unchanged = !this.#cache.isStale(current) && isUnchanged(stored, codec.stored(current))
    if (unchanged && !(await this.#backend.isStale?.(prefix + key)))
      return { entry: current, created: false, deleted: false }
    const taken = codec.take(next)
    if (dryRun)
      return { entry: codec.entry(stored, current.revision, taken) as Entry<T>, created: false, deleted: false }
    this.#expect(stored, taken)
    const { revision } = await this.#backend.update(prefix + key, stored, current.revision, this.#writeOptions)
    const entry = await this.#seen(key, revision, () => codec.entry(stored, revision, taken) as Entry<T>)
    return { entry, created: false, deleted: false }
  }

  /** What an update says of the object it means. */
  #checkClaims(next: T, old: T): void {
    const { resourceVersion } = next.metadata
    if (!resourceVersion || resourceVersion === '0') {
      if (this.definition.allowUnconditionalUpdate === false) mustHaveResourceVersion(this.definition, next)
    } else if (resourceVersion !== old.metadata.resourceVersion) throw conflict(this.#resource, old.metadata.name)
  }

  #checkPreconditions(stored: ObjectKey & Preconditions, { preconditions }: UpdateRequest<T>): void {
    checkUpdatePreconditions(this.definition, stored, { preconditions, prefix: this.#cache.prefix })
  }

  async delete(key: ObjectKey, request: DeleteRequest<T> = {}): Promise<DeleteResult<T>> {
    await this.#reader.fresh('')
    let { preconditions } = request
    for (;;) {
      const current = this.#cache.entries.get(entryKey(key)) as Entry<T> | undefined
      if (!current) throw notFound(this.#resource, key.name)
      try {
        const { entry, remove } = await this.#deleteOnce(current, { ...request, preconditions })
        if (!remove) return { entry, deleted: false }
        // The mark gave the object a version of its own.
        if (preconditions?.resourceVersion) preconditions = { ...preconditions, resourceVersion: `${entry.revision}` }
        if (!request.dryRun) await this.#remove(entry, entry.object())
        return { entry, deleted: true }
      } catch (error) {
        await this.#afterRace(error)
      }
    }
  }

  async #deleteOnce(current: Entry<T>, request: DeleteRequest<T>): Promise<{ entry: Entry<T>; remove: boolean }> {
    const object = current.object()
    checkDeletePreconditions(this.definition, object, request.preconditions)
    await request.admit?.(current.object())
    const deletion = { definition: this.definition, rules: this.#hooks, options: request, now: this.#now() }
    const { changed, remove } = beginDeletion(object, deletion)
    if (!changed) return { entry: current, remove }
    const { codec, prefix } = this.#cache
    const stored = codec.encode(object)
    const taken = codec.take(object)
    if (request.dryRun) return { entry: codec.entry(stored, current.revision, taken) as Entry<T>, remove }
    this.#expect(stored, taken)
    const { revision } = await this.#backend.update(prefix + current.key, stored, current.revision, this.#writeOptions)
    const entry = await this.#seen(current.key, revision, () => codec.entry(stored, revision, taken) as Entry<T>)
    return { entry, remove }
  }

  async deleteCollection(list: ListRequest, request: DeleteRequest<T> = {}): Promise<StoredList<T>> {
    const listed = await this.list(list)
    const queue = [...listed.entries]
    const worker = async () => {
      for (let entry = queue.shift(); entry; entry = queue.shift()) {
        await this.delete({ namespace: entry.namespace, name: entry.name }, request).catch((error) => {
          if (!isNotFound(error)) throw error
        })
      }
    }
    await Promise.all(Array.from({ length: deletionsAtOnce }, worker))
    return listed
  }

  async #remove(entry: Entry<T>, object: T): Promise<void> {
    const { revision } = await this.#backend.delete(this.#cache.prefix + entry.key, entry.revision)
    await this.#progress.reached(revision)
    await this.#hooks.afterDelete?.(object)
  }

  #expect(stored: Uint8Array, taken: Taken): void {
    if (!this.#readsBack) this.#cache.expect(stored, taken)
  }

  /** A write is acknowledged once every reader of this server sees it. */
  async #seen(key: string, revision: number, make: () => Entry<T>): Promise<Entry<T>> {
    const reached = this.#progress.reached(revision)
    if (reached) await reached
    const seen = this.#cache.entries.get(key)
    return seen?.revision === revision ? (seen as Entry<T>) : make()
  }

  /** Waits until the cache shows what the backend refused a write for; throws what is no race. */
  async #afterRace(error: unknown): Promise<void> {
    if (error instanceof RevisionMismatchError) {
      const wanted = error.current?.modRevision ?? (await this.#backend.currentRevision())
      await this.#progress.reached(wanted)
    } else if (error instanceof KeyExistsError) {
      await this.#progress.reached(await this.#backend.currentRevision())
    } else throw error
  }

  #exists(object: T) {
    const error = alreadyExists(this.#resource, object.metadata.name)
    const there = this.#cache.entries.get(entryKey(object.metadata))
    if (!there?.object().metadata.deletionTimestamp) return error
    return new StatusError({ ...error.status, message: `object is being deleted: ${error.message}` })
  }

  get #resource() {
    return { group: this.definition.group, resource: this.definition.plural }
  }
}
