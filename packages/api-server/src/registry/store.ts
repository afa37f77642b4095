import type {
  AnyResourceDefinition,
  KubernetesObject,
  ObjectKey,
  Requester,
  ResourceDefinition,
} from '@tandem/apimachinery'
import type { WatchEvent } from './watch-event.ts'

/**
 * What the verb handlers know of one resource in one version. A `Store` fills in what the server owns, validates, writes, and keeps
 * the watch cache from which it reads. Its errors are Kubernetes' status errors.
 *
 * The order of a write: decode, default and mutating admission (the caller's) → prepare → validate → `admit` → storage.
 */
export interface Store<T extends KubernetesObject = KubernetesObject> {
  readonly definition: ResourceDefinition<T>

  /** How much there is, as far as it has been read. */
  statistics(): StoreStatistics

  /** Throws `notFound`. `resourceVersion` as a client sends it: only "too large" can refuse it. */
  get(key: ObjectKey, options?: { resourceVersion?: string | undefined }): Promise<StoredEntry<T>>

  list(options?: ListRequest): Promise<StoredList<T>>

  /** `object` is the caller's own, decoded, defaulted and admitted by the mutating plugins; it becomes the store's. */
  create(object: T, options?: CreateRequest<T>): Promise<StoredEntry<T>>

  /**
   * Reads, asks `change` for the object as it should be, validates and writes it if nobody else wrote meanwhile; if somebody did,
   * begins again with what is there now. What `change` returns carries the resourceVersion the client insists on, if any: a
   * stale one throws `conflict`. `current` is `change`'s own copy. It is undefined when there is no object and the definition allows
   * to create on update (or `createIfAbsent` says so, as for server-side apply); otherwise `notFound` is thrown without asking.
   */
  update(key: ObjectKey, change: Change<T>, options?: UpdateRequest<T>): Promise<UpdateResult<T>>

  /** Deletes at once, or marks for deletion when a grace period or finalizers stand before it. */
  delete(key: ObjectKey, options?: DeleteRequest<T>): Promise<DeleteResult<T>>

  /** Deletes each object of the list; resolves with those it listed. */
  deleteCollection(list: ListRequest, options?: DeleteRequest<T>): Promise<StoredList<T>>

  /** Resolves when the watch is set up, so that what is wrong with a request is an error and no event. */
  watch(options: WatchRequest): Promise<Watch<T>>
}

export interface StoreStatistics {
  readonly count: number
  readonly bytes: number
}

/**
 * One object as it is stored: the bytes that GET, LIST and every watcher of it send. Never changed. Ask for `object()` only where bytes
 * do not do: it is parsed anew for each caller, who may change it.
 */
export interface StoredEntry<T extends KubernetesObject = KubernetesObject> {
  readonly name: string
  /** '' where cluster-scoped. */
  readonly namespace: string
  readonly revision: number
  readonly labels: Readonly<Record<string, string>>
  /** Values for field selectors: metadata.name, metadata.namespace and the definition's `selectableFields`. */
  readonly fields: Readonly<Record<string, string>>
  /** Compact JSON with apiVersion, kind and resourceVersion. */
  readonly json: Uint8Array
  object(): T
}

/** What selects objects. Selectors are in the query's own syntax; a bad one throws `badRequest`. */
export interface Selection {
  /** Undefined or '' for all namespaces. */
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
}

export interface ListRequest extends Selection {
  resourceVersion?: string | undefined
  resourceVersionMatch?: string | undefined
  limit?: number | undefined
  continue?: string | undefined
  /** For watches alone: a list with it is refused. */
  sendInitialEvents?: boolean | undefined
}

export interface StoredList<T extends KubernetesObject = KubernetesObject> {
  entries: readonly StoredEntry<T>[]
  /** For `metadata.resourceVersion`. */
  revision: number
  continue?: string | undefined
  remainingItemCount?: number | undefined
}

export interface WriteRequest<T extends KubernetesObject> {
  /** Everything but the write. */
  dryRun?: boolean
  /** Validating admission. `old` is undefined when the object is created. Throws to refuse. */
  admit?(object: T, old: T | undefined): void | Promise<void>
  /** Given the definition's warnings, one text at a time. */
  warn?(text: string): void
  /** Who asks; undefined for what the server writes itself. */
  by?: Requester | undefined
}

export interface CreateRequest<T extends KubernetesObject> extends WriteRequest<T> {
  /** The request's namespace: filled in where the object has none; another one throws `badRequest`. */
  namespace?: string | undefined
}

export type Change<T extends KubernetesObject> = (current: T | undefined) => T | Promise<T>

export interface UpdateRequest<T extends KubernetesObject> extends WriteRequest<T> {
  /** `status` uses the definition's rules for status; others (`scale`, `resize`, …) those that `rules` gives, else the main ones. */
  subresource?: string | undefined
  /** Replaces the definition's preparation and validation for a subresource that has rules of its own. */
  rules?: UpdateRules<T> | undefined
  createIfAbsent?: boolean
  preconditions?: Preconditions | undefined
}

export interface UpdateRules<T extends KubernetesObject> {
  prepareForUpdate?: ResourceDefinition<T>['prepareForUpdate']
  validateUpdate?: ResourceDefinition<T>['validateUpdate']
  /** The change is the server's own and makes no new generation: a binding. */
  keepGeneration?: true
}

export interface UpdateResult<T extends KubernetesObject> {
  entry: StoredEntry<T>
  created: boolean
  /** The update took the last finalizer of an object that was being deleted, and with it the object. */
  deleted: boolean
}

export interface Preconditions {
  uid?: string | undefined
  resourceVersion?: string | undefined
}

/** `metav1.DeleteOptions`, decoded and checked. */
export interface DeleteRequest<T extends KubernetesObject> {
  gracePeriodSeconds?: number | undefined
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined
  orphanDependents?: boolean | undefined
  preconditions?: Preconditions | undefined
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined
  dryRun?: boolean
  /** Admission of the deletion, with the object as it is. Throws to refuse. */
  admit?(object: T): void | Promise<void>
}

export interface DeleteResult<T extends KubernetesObject> {
  /** The object as it was last, or as it is now that it waits for grace or finalizers. */
  entry: StoredEntry<T>
  /** It is gone. */
  deleted: boolean
}

export interface WatchRequest extends Selection {
  /** '' (now, after a synthetic ADDED for all there is), '0' (the same, as old as it may be), or where to go on from. */
  resourceVersion?: string | undefined
  resourceVersionMatch?: string | undefined
  /** For lists alone: with a match, it is refused. */
  continue?: string | undefined
  allowWatchBookmarks?: boolean
  sendInitialEvents?: boolean | undefined
  /** Called when all that the watch begins with has been handed over. */
  onInitialized?: (() => void) | undefined
  /** Called when the watch ends because its reader does not keep up; it can go on from where it was. */
  onDrop?: (() => void) | undefined
  signal: AbortSignal
}

/**
 * Batches of events in revision order: one `yield`, one wake-up of the handler. Ends when the signal aborts, when the store closes, or
 * when the consumer is too far behind. An expired watch yields one last event of type ERROR.
 */
export type Watch<T extends KubernetesObject = KubernetesObject> = AsyncIterable<readonly WatchEvent<T>[]>

export interface DroppedWatchers {
  readonly group: string
  readonly resource: string
  readonly count: number
}

/** The stores of all definitions over one backend, and the watch caches they share. */
export interface Registry {
  store<T extends KubernetesObject>(definition: ResourceDefinition<T>): Store<T>
  /** Adds a definition (a custom resource's too) and returns its store; one with the same group, version and plural is replaced. */
  add(definition: AnyResourceDefinition): void
  /** Ends its watches. What is stored stays. */
  remove(definition: AnyResourceDefinition): void
  /** How many watchers did not keep up and were ended, by resource. */
  droppedWatchers(): DroppedWatchers[]
  /** The revision of the latest write that all caches have seen. */
  revision(): number
  close(): Promise<void>
}
