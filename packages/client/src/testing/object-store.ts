import {
  alreadyExists,
  conflict,
  equalJson,
  type KubernetesObject,
  keyOf,
  notFound,
  type ObjectKey,
} from '@tandem/apimachinery'
import type { WatchEvent } from '../client.ts'

export interface StoreResource {
  group: string
  plural: string
  hasGeneration?: true | undefined
}

type Listener = (event: WatchEvent<KubernetesObject>) => void

/** One resource's objects in memory, with the part of an API server's bookkeeping that clients can see. */
export class ObjectStore {
  readonly #resource: StoreResource
  readonly #nextRevision: () => number
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #history: { revision: number; event: WatchEvent<KubernetesObject> }[] = []
  readonly #listeners = new Set<Listener>()

  constructor(resource: StoreResource, nextRevision: () => number) {
    this.#resource = resource
    this.#nextRevision = nextRevision
  }

  list(): KubernetesObject[] {
    return [...this.#objects.values()]
  }

  get(key: ObjectKey): KubernetesObject {
    const object = this.#objects.get(keyOf(key))
    if (!object) throw notFound(this.#groupResource, key.name)
    return object
  }

  create(object: KubernetesObject): KubernetesObject {
    if (this.#objects.has(keyOf(object.metadata))) throw alreadyExists(this.#groupResource, object.metadata.name)
    if (this.#resource.hasGeneration) object.metadata.generation = 1
    return this.#put('ADDED', object)
  }

  replace(object: KubernetesObject, subresource?: string): KubernetesObject {
    const old = this.get(object.metadata)
    const { resourceVersion, uid } = object.metadata
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
      throw conflict(this.#groupResource, object.metadata.name)
    }
    if (uid && uid !== old.metadata.uid) throw conflict(this.#groupResource, object.metadata.name)
    const next = merged(old, object, subresource)
    if (equalJson(next, old)) return old
    if (this.#resource.hasGeneration && !equalJson(specOf(next), specOf(old))) {
      next.metadata.generation = (old.metadata.generation ?? 1) + 1
    }
    if (next.metadata.deletionTimestamp && !next.metadata.finalizers?.length) return this.#drop(next)
    return this.#put('MODIFIED', next)
  }

  delete(key: ObjectKey, now: string): void {
    const old = this.get(key)
    if (!old.metadata.finalizers?.length) this.#drop(old)
    else if (!old.metadata.deletionTimestamp) {
      this.#put('MODIFIED', { ...old, metadata: { ...old.metadata, deletionTimestamp: now } })
    }
  }

  /** Tells of what happened after a revision, then of what happens. */
  subscribe(revision: number, listener: Listener): () => void {
    for (const past of this.#history) if (past.revision > revision) listener(past.event)
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get #groupResource() {
    return { group: this.#resource.group, resource: this.#resource.plural }
  }

  #drop(object: KubernetesObject): KubernetesObject {
    this.#objects.delete(keyOf(object.metadata))
    return this.#tell('DELETED', object)
  }

  #put(type: 'ADDED' | 'MODIFIED', object: KubernetesObject): KubernetesObject {
    const stored = this.#tell(type, object)
    this.#objects.set(keyOf(stored.metadata), stored)
    return stored
  }

  #tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubernetesObject): KubernetesObject {
    const revision = this.#nextRevision()
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
    const event = { type, object: stored }
    this.#history.push({ revision, event })
    for (const listener of this.#listeners) listener(event)
    return stored
  }
}

const statusOf = (object: KubernetesObject): unknown => (object as { status?: unknown }).status
const specOf = ({ metadata: _, ...rest }: KubernetesObject): object => ({ ...rest, status: undefined })

/** What the server keeps for itself stays; a write to status touches nothing else. */
function merged(old: KubernetesObject, object: KubernetesObject, subresource: string | undefined): KubernetesObject {
  if (subresource === 'status') return { ...old, status: statusOf(object) } as KubernetesObject
  const { uid, creationTimestamp, resourceVersion, generation, deletionTimestamp } = old.metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid,
      creationTimestamp,
      resourceVersion,
      ...(generation !== undefined && { generation }),
      ...(deletionTimestamp && { deletionTimestamp }),
    },
  }
}
