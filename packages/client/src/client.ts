import type {
  AnyResourceDefinition,
  KubernetesList,
  KubernetesObject,
  New,
  ObjectKey,
  ResourceDefinition,
} from '@tandem/apimachinery'

/** Typed access to one API server. Every method throws StatusError for an answer that is not a success. */
export interface Client {
  get<T extends KubernetesObject>(resource: ResourceDefinition<T>, key: ObjectKey, options?: GetOptions): Promise<T>
  list<T extends KubernetesObject>(resource: ResourceDefinition<T>, options?: ListOptions): Promise<KubernetesList<T>>
  create<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    object: New<T>,
    options?: WriteOptions,
  ): Promise<T>
  /** Replaces; the object's resourceVersion guards against lost updates. */
  update<T extends KubernetesObject>(resource: ResourceDefinition<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    patch: Patch,
    options?: PatchOptions,
  ): Promise<T>
  delete<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<void>
  deleteCollection<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    selection: ListOptions,
    options?: DeleteOptions,
  ): Promise<void>
  /** Ends when the server ends it; throws StatusError (410 when the resourceVersion is too old). */
  watch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>
  /** POST to a subresource: `binding`, `eviction`, `token`. */
  createSubresource<Result>(
    resource: AnyResourceDefinition,
    key: ObjectKey,
    subresource: string,
    body: object,
  ): Promise<Result>
  /** Any path below the server, JSON in and out: discovery, other kinds, `/version`. */
  request<Result>(options: RawRequest): Promise<Result>
  close(): Promise<void>
}

export interface GetOptions {
  resourceVersion?: string
  signal?: AbortSignal
  subresource?: string
}

export interface Selection {
  /** All namespaces when absent. */
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
  /** Asks for metadata alone: what comes has neither spec nor status. */
  metadataOnly?: boolean | undefined
}

export interface ListOptions extends Selection {
  limit?: number
  continue?: string | undefined
  resourceVersion?: string
  resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  signal?: AbortSignal
}

export interface WatchOptions extends Selection {
  resourceVersion?: string
  allowWatchBookmarks?: boolean
  sendInitialEvents?: boolean
  timeoutSeconds?: number
  signal: AbortSignal
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: T
}

export interface WriteOptions {
  dryRun?: boolean
  fieldManager?: string
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  /** `status`, `scale`, `finalize`… */
  subresource?: string
  signal?: AbortSignal
}

export interface PatchOptions extends WriteOptions {
  /** Server-side apply: take fields over from other managers. */
  force?: boolean
}

export type Patch =
  | { type: 'json'; body: readonly object[] }
  | { type: 'merge'; body: object }
  | { type: 'strategic'; body: object }
  | { type: 'apply'; body: object }

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: boolean
  signal?: AbortSignal
}

export interface RawRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | undefined>
  body?: unknown
  contentType?: string
  signal?: AbortSignal
}
