import { apiVersionOf, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import { encodeList } from '../registry/list-encoding.ts'
import type { StoredEntry, StoredList } from '../registry/store.ts'
import type { WatchEvent } from '../registry/watch-event.ts'
import { type Encoded, encodeObject } from '../request/encode.ts'
import { type Accepted, negotiate, wantsPretty } from '../request/negotiation.ts'
import { encodeProtobufEvent } from '../request/protobuf.ts'
import type { ResourceRequest } from './handler.ts'
import { partialMetadata, partialMetadataList } from './partial-metadata.ts'
import { tableOf } from './table.ts'

/** How stored objects are shown to one client. */
export interface View {
  readonly accepted: Accepted
  entry(entry: StoredEntry): Encoded
  list(list: StoredList): Encoded
  /** A list bit by bit, for those too long to make at once; undefined in forms that have no bits. */
  pieces(list: StoredList): Iterable<Uint8Array> | undefined
  event(event: WatchEvent): Uint8Array
}

export function viewOf({ request, kube, definition, services }: ResourceRequest): View {
  const negotiated = negotiate({ accept: request.headers.accept, views: true })
  const pretty =
    negotiated.pretty ||
    wantsPretty(kube.rawQuery === '' ? null : kube.query.get('pretty'), request.headers['user-agent'])
  const accepted = pretty === negotiated.pretty ? negotiated : { ...negotiated, pretty }
  if (accepted.mediaType === 'application/json' && accepted.as === 'object' && !accepted.pretty)
    return plainView(definition, accepted)
  const now = () => services.clock.now()
  const includeObject = kube.parameter('includeObject') ?? 'Metadata'
  const show = shapes(definition, { accepted, now, includeObject })
  const form = `${accepted.mediaType};${accepted.as};${accepted.version};${includeObject}`
  return {
    accepted,
    entry: (entry) => encodeObject(show.entry(entry), accepted),
    list: (list) => encodeObject(show.list(list), accepted),
    pieces: (list) =>
      accepted.mediaType === 'application/json' && !accepted.pretty ? viewPieces(show, list) : undefined,
    event: (event) => event.encode(form, () => encodeEvent(event, show, accepted)),
  }
}

function plainView(definition: ResourceDefinition, accepted: Accepted): View {
  const { mediaType } = accepted
  return {
    accepted,
    entry: ({ json }) => ({ mediaType, body: json }),
    list: (list) => ({ mediaType, body: Buffer.concat([...encodeList(definition, list)]) }),
    pieces: (list) => encodeList(definition, list),
    event: (event) => event.json(),
  }
}

interface Shapes {
  entry(entry: StoredEntry): object
  list(list: StoredList): object
}

function shapes(
  definition: ResourceDefinition,
  { accepted, now, includeObject }: { accepted: Accepted; now: () => number; includeObject: string },
): Shapes {
  const { as, version } = accepted
  if (as === 'PartialObjectMetadata')
    return {
      entry: (entry) => partialMetadata(entry.object(), version),
      list: (list) => partialMetadataList(list, version),
    }
  if (as === 'Table')
    return {
      entry: (entry) =>
        tableOf(definition, { entries: [entry], revision: entry.revision }, { version, includeObject, now: now() }),
      list: (list) => tableOf(definition, list, { version, includeObject, now: now() }),
    }
  return { entry: (entry) => entry.object(), list: (list) => listObject(definition, list) }
}

const pieceLength = 100

/** Every view ends with its array, so that a list can be cut there: its head once, then the elements of one piece after the other. */
function* viewPieces(show: Shapes, list: StoredList): Generator<Uint8Array> {
  const textOf = (entries: StoredList['entries']): string =>
    JSON.stringify(show.list({ ...list, entries })).slice(0, -2)
  const head = textOf([])
  yield Buffer.from(head)
  for (let at = 0; at < list.entries.length; at += pieceLength) {
    const elements = textOf(list.entries.slice(at, at + pieceLength)).slice(head.length)
    yield Buffer.from(at === 0 ? elements : `,${elements}`)
  }
  yield Buffer.from(']}\n')
}

function encodeEvent(event: WatchEvent, show: Shapes, accepted: Accepted): Uint8Array {
  const { mediaType } = accepted
  const { type, object } = event.entry
    ? { type: event.type, object: show.entry(event.entry) }
    : withoutEntry(event, accepted)
  const framed = mediaType === 'application/vnd.kubernetes.protobuf' ? encodeProtobufEvent(type, object) : undefined
  return framed ?? encodeObject({ type, object }, { mediaType, pretty: false }).body
}

/** A BOOKMARK is of the kind that the watcher was promised; an ERROR is a Status, whatever was asked for. */
function withoutEntry(event: WatchEvent, { as, version }: Accepted): { type: string; object: object } {
  const { type, object } = JSON.parse(Buffer.from(event.json()).toString()) as {
    type: string
    object: KubernetesObject
  }
  const bookmark = type === 'BOOKMARK' && as === 'PartialObjectMetadata'
  return { type, object: bookmark ? partialMetadata(object, version) : object }
}

export const listKindOf = ({ listKind, kind }: ResourceDefinition): string => listKind ?? `${kind}List`

export const listMeta = ({ revision, continue: token, remainingItemCount }: StoredList) => ({
  resourceVersion: String(revision),
  ...(token && { continue: token }),
  ...(remainingItemCount && { remainingItemCount }),
})

const listObject = (definition: ResourceDefinition, list: StoredList): object => ({
  kind: listKindOf(definition),
  apiVersion: apiVersionOf(definition),
  metadata: listMeta(list),
  items: list.entries.map((entry): KubernetesObject => entry.object()),
})
