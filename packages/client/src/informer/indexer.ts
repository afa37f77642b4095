import { type KubernetesObject, keyOf, type ObjectKey } from '@tandem/apimachinery'

interface Index<T> {
  values(object: T): readonly string[]
  buckets: Map<string, Map<string, T>>
}

const byNamespace = 'namespace'

/** Objects by key, and by whatever else readers ask for. Every object it holds was there in full at one moment. */
export class Indexer<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()

  constructor() {
    this.addIndex(byNamespace, ({ metadata }) => (metadata.namespace ? [metadata.namespace] : []))
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyOf(key))
  }

  list(namespace?: string): T[] {
    return namespace ? this.byIndex(byNamespace, namespace) : [...this.#objects.values()]
  }

  get size(): number {
    return this.#objects.size
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name)
    if (!index) throw new Error(`there is no index ${JSON.stringify(name)}`)
    return [...(index.buckets.get(value)?.values() ?? [])]
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { values, buckets: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) insert(index, key, object)
  }

  /** Returns what was there before. */
  set(object: T): T | undefined {
    const key = keyOf(object.metadata)
    const old = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) {
      if (old) remove(index, key, old)
      insert(index, key, object)
    }
    return old
  }

  /** Returns what was there before. */
  delete(key: ObjectKey): T | undefined {
    const text = keyOf(key)
    const old = this.#objects.get(text)
    if (!old) return undefined
    this.#objects.delete(text)
    for (const index of this.#indexes.values()) remove(index, text, old)
    return old
  }
}

function insert<T>({ values, buckets }: Index<T>, key: string, object: T): void {
  for (const value of values(object)) {
    const bucket = buckets.get(value)
    if (bucket) bucket.set(key, object)
    else buckets.set(value, new Map([[key, object]]))
  }
}

function remove<T>({ values, buckets }: Index<T>, key: string, object: T): void {
  for (const value of values(object)) {
    const bucket = buckets.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) buckets.delete(value)
  }
}
