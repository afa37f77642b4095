import type { KubernetesObject, ListMeta } from './meta.ts'

/**
 * An object is serialized once, when it is written, and those bytes serve every reader. The resourceVersion is known only after the
 * write, so it is no part of them: it is spliced in behind `"metadata":{`, which stands at a constant place because kind, apiVersion
 * and metadata come first.
 */
export interface StoredObject {
  readonly bytes: Uint8Array
  /** The resourceVersion: the revision of the write. */
  readonly revision: number
}

const marker = '"metadata":{'
const closingBrace = 0x7d

/** The bytes that storage keeps. `resourceVersion` and `selfLink` are left out, whatever they hold. */
export function encodeStored(object: KubernetesObject): Buffer {
  const { kind, apiVersion, metadata, ...rest } = object
  const { resourceVersion: _, selfLink: __, ...stored } = metadata
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: stored, ...rest }))
}

/** Parses stored bytes into an object of its own. */
export function decodeStored<T extends KubernetesObject = KubernetesObject>({ bytes, revision }: StoredObject): T {
  const object = JSON.parse(asBuffer(bytes).toString()) as T
  object.metadata.resourceVersion = String(revision)
  return object
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Behind `"metadata":{`. */
function splicePoint(bytes: Uint8Array): number {
  const at = asBuffer(bytes).indexOf(marker)
  if (at < 0) throw new Error('stored object has no metadata')
  return at + marker.length
}

const versionText = (bytes: Uint8Array, at: number, revision: number): string =>
  `"resourceVersion":"${revision}"${bytes[at] === closingBrace ? '' : ','}`

/** The object as a client reads it: the body of GET and of every write's answer. */
export function objectBytes({ bytes, revision }: StoredObject): Buffer {
  const at = splicePoint(bytes)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(versionText(bytes, at, revision)), bytes.subarray(at)])
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One line of a watch: `{"type":"ADDED","object":{…}}`. */
export function watchEventBytes(type: WatchEventType, { bytes, revision }: StoredObject): Buffer {
  const at = splicePoint(bytes)
  return Buffer.concat([
    Buffer.from(`{"type":"${type}","object":`),
    bytes.subarray(0, at),
    Buffer.from(versionText(bytes, at, revision)),
    bytes.subarray(at),
    watchEventEnd,
  ])
}

const watchEventEnd = Buffer.from('}\n')

export interface BookmarkOptions {
  kind: string
  apiVersion: string
  resourceVersion: string
  /** Ends the initial events of a streaming list. */
  initialEventsEnd?: boolean
}

/** Tells a watcher how far it has seen everything. */
export function bookmarkBytes({ kind, apiVersion, resourceVersion, initialEventsEnd }: BookmarkOptions): Buffer {
  const annotations = initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }
  const object = { kind, apiVersion, metadata: { resourceVersion, creationTimestamp: null, ...annotations } }
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
}

/** Any other event from its object: ERROR with a Status, or a view made for one watcher, such as a Table. */
export const eventBytes = (type: string, object: object): Buffer => Buffer.from(`${JSON.stringify({ type, object })}\n`)

export interface ListOptions {
  /** `PodList`. */
  kind: string
  apiVersion: string
  metadata: ListMeta
  items: readonly StoredObject[]
  /** Items of built-in kinds come without kind and apiVersion upstream, those of custom resources with them. */
  typed: boolean
}

/** The body of a LIST: a concatenation, written in one pass. */
export function listBytes({ kind, apiVersion, metadata, items, typed }: ListOptions): Buffer {
  const { resourceVersion, continue: token, remainingItemCount } = metadata
  const meta = {
    ...(resourceVersion && { resourceVersion }),
    ...(token && { continue: token }),
    ...(remainingItemCount && { remainingItemCount }),
  }
  const head = `${JSON.stringify({ kind, apiVersion, metadata: meta }).slice(0, -1)},"items":[`
  const parts = items.map((item) => itemPart(item, typed))
  const size = parts.reduce((sum, { version, item, from }) => sum + version.length + item.length - from + 2, 2)
  const body = Buffer.allocUnsafe(Buffer.byteLength(head) + size)
  let at = body.write(head)
  for (const [index, part] of parts.entries()) {
    if (index > 0) at += body.write(',', at, 'latin1')
    at = writeItem(body, at, part)
  }
  at += body.write(']}', at, 'latin1')
  return body.subarray(0, at)
}

interface ItemPart {
  item: Buffer
  /** Where the item's bytes are taken from: past kind and apiVersion when they are not shown. */
  from: number
  splice: number
  version: string
}

function itemPart({ bytes, revision }: StoredObject, typed: boolean): ItemPart {
  const splice = splicePoint(bytes)
  return {
    item: asBuffer(bytes),
    from: typed ? 0 : splice - marker.length,
    splice,
    version: versionText(bytes, splice, revision),
  }
}

function writeItem(body: Buffer, start: number, { item, from, splice, version }: ItemPart): number {
  let at = start
  if (from > 0) at += body.write('{', at, 'latin1')
  at += item.copy(body, at, from, splice)
  at += body.write(version, at, 'latin1')
  return at + item.copy(body, at, splice)
}
