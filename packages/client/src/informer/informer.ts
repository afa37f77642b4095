import type { KubernetesObject, ObjectKey, ResourceDefinition } from '@tandem/apimachinery'

/**
 * A local copy of one resource (or a selection of it), kept current by list and watch. What it returns is shared and must not be changed.
 * A handler may only note or enqueue: the cache already holds the change when it is called.
 */
export interface Informer<T extends KubernetesObject> {
  readonly resource: ResourceDefinition<T>
  get(key: ObjectKey): T | undefined
  list(namespace?: string): T[]
  /** Objects for which the index function returned `value`. */
  byIndex(index: string, value: string): T[]
  /** Adds an index; objects already there are indexed. Adding the same name again is a no-op. */
  addIndex(name: string, values: (object: T) => readonly string[]): void
  /** Objects already there are reported as added. Returns what removes the handler. */
  addHandler(handler: InformerHandler<T>): () => void
  /** Resolves when the first list is in the cache and was reported to handlers. */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
}

export interface InformerHandler<T> {
  added?(object: T): void
  updated?(object: T, old: T): void
  deleted?(object: T): void
}

/** Informers shared by everything in one process that reads the same resource with the same selection. */
export interface InformerFactory {
  informer<T extends KubernetesObject>(resource: ResourceDefinition<T>, selection?: InformerSelection<T>): Informer<T>
  /** Starts those asked for so far, and from then on each as it is asked for. */
  start(): void
  stop(): Promise<void>
}

export interface InformerSelection<T = unknown> {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** The server sends metadata alone. */
  metadataOnly?: boolean
  /** Takes out what the reader does not need before it is cached. Readers of one informer share it. */
  transform?: (object: T) => T
}
