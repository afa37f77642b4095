import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { apiVersionOf } from '@tandem/apimachinery'
import type { StoredEntry } from './store.ts'

/** Makes room for bytes that live as long as an entry. */
export type Allocate = (length: number) => Buffer

/** What is taken out of an object once, at the write. */
export type Taken = Pick<StoredEntry, 'name' | 'namespace' | 'labels' | 'fields'>

export class Entry<T extends KubernetesObject = KubernetesObject> implements StoredEntry<T> {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, string>>
  readonly revision: number
  readonly json: Buffer

  constructor(taken: Taken, revision: number, json: Buffer) {
    this.name = taken.name
    this.namespace = taken.namespace
    this.key = taken.namespace ? `${taken.namespace}/${taken.name}` : taken.name
    this.labels = taken.labels
    this.fields = taken.fields
    this.revision = revision
    this.json = json
  }

  object(): T {
    return JSON.parse(this.json.toString())
  }
}

const metadataStart = '"metadata":{'
const none: Readonly<Record<string, string>> = Object.freeze({})

/** Turns objects of one definition into what is stored, and what is stored into entries. */
export class Codec<T extends KubernetesObject = KubernetesObject> {
  readonly #definition: ResourceDefinition<T>
  readonly #head: Buffer
  readonly #type: { kind: string; apiVersion: string }

  constructor(definition: ResourceDefinition<T>) {
    this.#definition = definition
    this.#type = { kind: definition.kind, apiVersion: apiVersionOf(definition) }
    this.#head = Buffer.from(JSON.stringify({ ...this.#type, metadata: {} }).slice(0, -2))
  }

  /** Compact JSON that begins with kind, apiVersion and metadata, and has no resourceVersion. */
  encode(object: T): Buffer {
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
    const { resourceVersion: _resourceVersion, ...kept } = metadata
    const type = this.#definition.custom?.keepsVersion ? { ...this.#type, apiVersion: object.apiVersion } : this.#type
    return exactly(JSON.stringify({ ...type, metadata: kept, ...rest }))
  }

  /** The bytes that are sent: what is stored, with its resourceVersion, which is known only after the write. */
  entry(bytes: Uint8Array, revision: number, taken: Taken, allocate: Allocate = Buffer.allocUnsafeSlow): Entry<T> {
    const stored = asBuffer(bytes)
    if (revision === 0) return new Entry(taken, 0, stored)
    const version = `"resourceVersion":"${revision}",`
    const at = this.#headLength(stored)
    const json = allocate(stored.byteLength + version.length)
    stored.copy(json, 0, 0, at)
    json.write(version, at, 'latin1')
    stored.copy(json, at + version.length, at)
    return new Entry(taken, revision, json)
  }

  /** What is stored, as it reads now: a custom resource may have been written under another schema. */
  read(bytes: Uint8Array): { stored: Uint8Array; object: T; isStale: boolean } {
    const object = this.decode(bytes)
    const { custom } = this.#definition
    if (!custom) return { stored: bytes, object, isStale: false }
    const found = custom.keepsVersion ? object : ({ ...object, ...this.#type } as T)
    const now = custom.fromStored(found) as T
    if (custom.keepsVersion)
      return { stored: now === found ? bytes : this.encode(now), object: now, isStale: now !== found }
    const isStale = now !== found || !asBuffer(bytes).subarray(0, this.#head.length).equals(this.#head)
    return { stored: isStale ? this.encode(now) : bytes, object: now, isStale }
  }

  /** Where the metadata begins: in the same place in all objects, but for those that keep their version. */
  #headLength(bytes: Buffer): number {
    return this.#definition.custom?.keepsVersion
      ? bytes.indexOf(metadataStart) + metadataStart.length
      : this.#head.length
  }

  /** What `entry` was made of. */
  stored({ json, revision }: Entry<T>): Buffer {
    if (revision === 0) return json
    const at = this.#headLength(json)
    const after = at + `"resourceVersion":"${revision}",`.length
    return Buffer.concat([json.subarray(0, at), json.subarray(after)])
  }

  /** The same object under another revision: what a deletion shows. */
  withRevision(entry: Entry<T>, revision: number): Entry<T> {
    return this.entry(this.stored(entry), revision, entry)
  }

  decode(stored: Uint8Array): T {
    return JSON.parse(asBuffer(stored).toString())
  }

  take(object: T): Taken {
    const { name, namespace = '', labels = none } = object.metadata
    const fields: Record<string, string> = { 'metadata.name': name, 'metadata.namespace': namespace }
    const selectable = this.#definition.selectableFields
    for (const field in selectable) fields[field] = selectable[field]?.(object) ?? ''
    return { name, namespace, labels, fields }
  }
}

/** A buffer of its own: a slice of a pool would keep the whole pool for as long as the object lives. */
function exactly(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text, 'utf8')
  return bytes
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
