import { apiVersionOf, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import type { StoredEntry, StoredList } from '../registry/store.ts'
import type { WatchEvent } from '../registry/watch-event.ts'
import { encodeObject } from '../request/encode.ts'
import { type Accepted, negotiate, wantsPretty } from '../request/negotiation.ts'
import type { ResourceRequest } from './handler.ts'
import { partialMetadata, partialMetadataList } from './partial-metadata.ts'
import { tableOf } from './table.ts'

/** How stored objects are shown to one client. */
export interface View {
  readonly accepted: Accepted
  /** The stored bytes are the answer as they are. */
  readonly plain: boolean
  entry(entry: StoredEntry): Uint8Array
  list(list: StoredList): Uint8Array
  event(event: WatchEvent): Uint8Array
}

export function viewOf({ request, kube, definition, services }: ResourceRequest): View {
  const negotiated = negotiate({ accept: request.headers.accept, views: true })
  const pretty =
    negotiated.pretty ||
    wantsPretty(kube.rawQuery === '' ? null : kube.query.get('pretty'), request.headers['user-agent'])
  const accepted = pretty === negotiated.pretty ? negotiated : { ...negotiated, pretty }
  const plain = accepted.mediaType === 'application/json' && accepted.as === 'object' && !accepted.pretty
  const now = () => services.clock.now()
  const show = shapes(definition, { accepted, now, includeObject: kube.parameter('includeObject') ?? 'Metadata' })
  const encode = (object: object) => encodeObject(object, accepted)
  const form = `${accepted.mediaType};${accepted.as};${accepted.version};${kube.parameter('includeObject') ?? ''}`
  return {
    accepted,
    plain,
    entry: (entry) => (plain ? entry.json : encode(show.entry(entry))),
    list: (list) => (plain ? listBytes(definition, list) : encode(show.list(list))),
    event: (event) =>
      plain ? event.json() : event.encode(form, () => encodeEvent(event, show, { ...accepted, pretty: false })),
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
  if (!event.entry) return event.json()
  return encodeObject({ type: event.type, object: show.entry(event.entry) }, accepted)
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

/** What goes before and after the items of a list in JSON. */
export const listHead = (definition: ResourceDefinition, list: StoredList): string =>
  `{"kind":"${listKindOf(definition)}","apiVersion":"${apiVersionOf(definition)}","metadata":${JSON.stringify(listMeta(list))},"items":[`

const comma = Buffer.from(',')
const end = Buffer.from(']}\n')

/** A list is a concatenation: no object is parsed for it. */
function listBytes(definition: ResourceDefinition, list: StoredList): Uint8Array {
  const pieces: Uint8Array[] = [Buffer.from(listHead(definition, list))]
  list.entries.forEach((entry, i) => {
    if (i > 0) pieces.push(comma)
    pieces.push(entry.json)
  })
  pieces.push(end)
  return Buffer.concat(pieces)
}
