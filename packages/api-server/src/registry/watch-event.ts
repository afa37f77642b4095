import type { KubernetesObject, Status } from '@tandem/apimachinery'
import type { StoredEntry } from './store.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/**
 * What happened, as one watcher is to see it: a selector can make a MODIFIED an ADDED or a DELETED. All watchers who are to see the same
 * thing share one event, and with it one buffer for each form it is asked in.
 */
export interface WatchEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: WatchEventType
  /** The object; of a DELETED, as it was last, with the revision of the deletion. Absent in BOOKMARK and ERROR. */
  readonly entry?: StoredEntry<T>
  /** For a BOOKMARK, the revision up to which the watcher has seen everything. */
  readonly revision: number
  /** On the BOOKMARK that ends the initial events a client asked for. */
  readonly initialEventsEnd?: true
  /** What an ERROR tells, after which the watch ends. */
  readonly status?: Status
  /** Of the object; what the event takes while somebody has yet to read it is a small multiple of that. */
  readonly bytes: number
  /** How many watchers have yet to read it: `Backlog` counts. */
  readers: number
  /** `{"type":…,"object":…}` and a newline: what a watcher of JSON is sent. */
  json(): Uint8Array
  /** Another form of the event (Table, protobuf, metadata only), made once and shared by all who ask for the same `form`. */
  encode(form: string, make: (event: WatchEvent<T>) => Uint8Array): Uint8Array
}

abstract class Shared<T extends KubernetesObject> implements WatchEvent<T> {
  abstract readonly type: WatchEventType
  abstract readonly revision: number
  readers = 0
  #json: Buffer | undefined
  #forms: Map<string, Uint8Array> | undefined

  protected abstract object(): Uint8Array

  get bytes(): number {
    return 0
  }

  json(): Buffer {
    if (this.#json) return this.#json
    const object = this.object()
    const head = heads[this.type]
    const line = Buffer.allocUnsafeSlow(head.length + object.byteLength + 2)
    line.set(head)
    line.set(object, head.length)
    line.write('}\n', line.length - 2, 'latin1')
    this.#json = line
    return line
  }

  encode(form: string, make: (event: WatchEvent<T>) => Uint8Array): Uint8Array {
    this.#forms ??= new Map()
    const made = this.#forms.get(form) ?? make(this)
    this.#forms.set(form, made)
    return made
  }
}

const head = (type: WatchEventType): Buffer => Buffer.from(`{"type":"${type}","object":`)
const heads: Record<WatchEventType, Buffer> = {
  ADDED: head('ADDED'),
  MODIFIED: head('MODIFIED'),
  DELETED: head('DELETED'),
  BOOKMARK: head('BOOKMARK'),
  ERROR: head('ERROR'),
}

export class ObjectEvent<T extends KubernetesObject = KubernetesObject> extends Shared<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly entry: StoredEntry<T>

  constructor(type: 'ADDED' | 'MODIFIED' | 'DELETED', entry: StoredEntry<T>) {
    super()
    this.type = type
    this.entry = entry
  }

  get revision(): number {
    return this.entry.revision
  }

  override get bytes(): number {
    return this.entry.json.byteLength
  }

  protected object(): Uint8Array {
    return this.entry.json
  }
}

export class Bookmark<T extends KubernetesObject = KubernetesObject> extends Shared<T> {
  readonly type = 'BOOKMARK'
  readonly revision: number
  declare readonly initialEventsEnd?: true
  readonly #of: { kind: string; apiVersion: string }

  constructor(
    of: { kind: string; apiVersion: string },
    revision: number,
    options: { initialEventsEnd?: boolean } = {},
  ) {
    super()
    this.#of = of
    this.revision = revision
    if (options.initialEventsEnd) this.initialEventsEnd = true
  }

  protected object(): Uint8Array {
    const annotations = this.initialEventsEnd && { 'k8s.io/initial-events-end': 'true' }
    const metadata = {
      resourceVersion: String(this.revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    }
    return Buffer.from(JSON.stringify({ kind: this.#of.kind, apiVersion: this.#of.apiVersion, metadata }))
  }
}

export class ErrorEvent<T extends KubernetesObject = KubernetesObject> extends Shared<T> {
  readonly type = 'ERROR'
  readonly revision = 0
  readonly status: Status

  constructor(status: Status) {
    super()
    this.status = status
  }

  protected object(): Uint8Array {
    return Buffer.from(JSON.stringify(this.status))
  }
}
