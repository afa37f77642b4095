import { randomUUID } from 'node:crypto'
import {
  type AnyResourceDefinition,
  apiVersionOf,
  genericNotFound,
  type KubernetesList,
  type KubernetesObject,
  matchesFields,
  matchesLabels,
  type New,
  type ObjectKey,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { applyJsonPatch } from '@tandem/apimachinery/patch/json'
import { type Clock, systemClock } from '@tandem/component-base'
import type {
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  PatchOptions,
  RawRequest,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../client.ts'
import { streamOf } from './event-stream.ts'
import { ObjectStore } from './object-store.ts'

/** One write that was asked for, in the order of asking. */
export interface Action {
  verb: 'create' | 'update' | 'patch' | 'delete'
  /** The plural name, with the subresource if any: `pods/status`. */
  resource: string
  key: ObjectKey
  body?: object
}

export interface FakeClientOptions {
  clock?: Clock
  /** Throw from here to have a write fail. */
  onWrite?: (action: Action) => void
  /** Answers to paths that are no resource. */
  request?: (request: RawRequest) => unknown
}

/**
 * A client of nothing but its own memory, for tests of pure controller logic: no admission, no validation, and strategic patches are
 * applied as merge patches. Where those matter, test against the real API server.
 */
export class FakeClient implements Client {
  readonly actions: Action[] = []
  readonly #options: FakeClientOptions
  readonly #stores = new Map<string, ObjectStore>()
  #revision = 0
  #names = 0

  constructor(options: FakeClientOptions = {}) {
    this.#options = options
  }

  /** Puts objects there as if they had always been, without an action. */
  seed<T extends KubernetesObject>(resource: ResourceDefinition<T>, ...objects: New<T>[]): T[] {
    return objects.map((object) => this.#store(resource).create(this.#born(resource, object)) as T)
  }

  async get<T extends KubernetesObject>(resource: ResourceDefinition<T>, key: ObjectKey): Promise<T> {
    return structuredClone(this.#store(resource).get(key)) as T
  }

  async list<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: ListOptions = {},
  ): Promise<KubernetesList<T>> {
    const items = this.#store(resource).list().filter(selecting(resource, options)) as T[]
    return structuredClone({ metadata: { resourceVersion: String(this.#revision) }, items })
  }

  async create<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    object: New<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const born = this.#born(resource, object)
    this.#act({ verb: 'create', resource: resource.plural, key: keyPart(born), body: born })
    return structuredClone(options.dryRun ? born : this.#store(resource).create(born)) as T
  }

  async update<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    this.#act({ verb: 'update', resource: withSubresource(resource, options), key: keyPart(object), body: object })
    return structuredClone(this.#store(resource).replace(structuredClone(object), options.subresource)) as T
  }

  async patch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<T> {
    this.#act({ verb: 'patch', resource: withSubresource(resource, options), key, body: patch.body })
    const store = this.#store(resource)
    const object = structuredClone(store.get(key))
    const patched = patch.type === 'json' ? applyJsonPatch(object, patch.body) : mergePatched(object, patch.body)
    const next = patched as KubernetesObject
    return structuredClone(store.replace(next, options.subresource)) as T
  }

  async delete<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<void> {
    this.#act({ verb: 'delete', resource: resource.plural, key, body: options })
    this.#store(resource).delete(key, timestamp(this.#clock))
  }

  async deleteCollection<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    selection: ListOptions,
    options: DeleteOptions = {},
  ): Promise<void> {
    for (const object of this.#store(resource).list().filter(selecting(resource, selection))) {
      await this.delete(resource, object.metadata, options)
    }
  }

  async *watch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const store = this.#store(resource)
    const revision = Number(options.resourceVersion ?? this.#revision)
    const selected = selecting(resource, options)
    for await (const event of streamOf<WatchEvent<KubernetesObject>>(
      (push) => store.subscribe(revision, push),
      options.signal,
    )) {
      if (selected(event.object)) yield structuredClone(event) as WatchEvent<T>
    }
  }

  async createSubresource<Result>(
    resource: AnyResourceDefinition,
    key: ObjectKey,
    subresource: string,
    body: object,
  ): Promise<Result> {
    this.#act({ verb: 'create', resource: `${resource.plural}/${subresource}`, key, body })
    return structuredClone(body) as Result
  }

  async request<Result>(request: RawRequest): Promise<Result> {
    if (!this.#options.request) throw genericNotFound()
    return this.#options.request(request) as Result
  }

  async close(): Promise<void> {}

  get #clock(): Clock {
    return this.#options.clock ?? systemClock
  }

  #act(action: Action): void {
    this.actions.push(action)
    this.#options.onWrite?.(action)
  }

  #store(resource: AnyResourceDefinition): ObjectStore {
    const identity = `${resource.group}/${resource.plural}`
    const known = this.#stores.get(identity)
    if (known) return known
    const store = new ObjectStore(resource, () => ++this.#revision)
    this.#stores.set(identity, store)
    return store
  }

  #born<T extends KubernetesObject>(resource: ResourceDefinition<T>, object: New<T>): T {
    const { metadata } = object
    const born = structuredClone({
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      ...object,
      metadata: {
        ...metadata,
        name: metadata.name ?? `${metadata.generateName ?? ''}${(++this.#names).toString(36).padStart(5, '0')}`,
        uid: metadata.uid ?? randomUUID(),
        creationTimestamp: metadata.creationTimestamp ?? timestamp(this.#clock),
        resourceVersion: '',
      },
    }) as unknown as T
    resource.defaults?.(born)
    return born
  }
}

const timestamp = (clock: Clock): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
const keyPart = ({ metadata: { namespace, name } }: KubernetesObject): ObjectKey => ({ namespace, name })
const withSubresource = ({ plural }: AnyResourceDefinition, { subresource }: WriteOptions): string =>
  subresource ? `${plural}/${subresource}` : plural

function selecting<T extends KubernetesObject>(
  { selectableFields = {} }: ResourceDefinition<T>,
  { namespace, labelSelector = '', fieldSelector = '' }: Selection,
): (object: KubernetesObject) => boolean {
  const labels = parseLabelSelector(labelSelector)
  const fields = parseFieldSelector(fieldSelector)
  return (object) => {
    const { metadata } = object
    if (namespace && metadata.namespace !== namespace) return false
    if (!matchesLabels(labels, metadata.labels)) return false
    const values: Record<string, string> = {
      'metadata.name': metadata.name,
      'metadata.namespace': metadata.namespace ?? '',
    }
    for (const [field, value] of Object.entries(selectableFields)) values[field] = value(object as T)
    return matchesFields(fields, values)
  }
}

/** RFC 7386. */
function mergePatched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = mergePatched(result[name], value)
  }
  return result
}
