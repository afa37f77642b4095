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
  /** The stored bytes are the answer as they are. */
  readonly plain: boolean
  entry(entry: StoredEntry): Encoded
  list(list: StoredList): Encoded
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
    plain: false,
    entry: (entry) => encodeObject(show.entry(entry), accepted),
    list: (list) => encodeObject(show.list(list), accepted),
    event: (event) => event.encode(form, () => encodeEvent(event, show, accepted)),
  }
}

function plainView(definition: ResourceDefinition, accepted: Accepted): View {
  const { mediaType } = accepted
  return {
    accepted,
    plain: true,
    entry: ({ json }) => ({ mediaType, body: json }),
    list: (list) => ({ mediaType, body: Buffer.concat([...encodeList(definition, list)]) }),
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
