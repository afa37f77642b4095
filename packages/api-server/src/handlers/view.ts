import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { encodeList } from '../registry/list-encoding.ts'
import type { StoredEntry, StoredList } from '../registry/store.ts'
import type { WatchEvent } from '../registry/watch-event.ts'
import { type Encoded, encodeObject } from '../request/encode.ts'
import { type Accepted, negotiate, wantsPretty } from '../request/negotiation.ts'
import { encodeProtobufEvent, hasProtobuf } from '../request/protobuf.ts'
import type { ResourceRequest } from './handler.ts'
import { type ListForm, listMeta, listParts, objectList } from './list-form.ts'
import { partialMetadata, refuseList, refuseObject } from './partial-metadata.ts'
import { bookmarkObject, includeObjectOf, rowOf, tableOf } from './table.ts'

/** How stored objects are shown to one client. */
export interface View {
  readonly accepted: Accepted
  entry(entry: StoredEntry): Encoded
  /** The bytes of a list, part by part. */
  parts(list: StoredList): Iterable<Uint8Array>
  /** The same event for all who are shown it in this form. `first` of its watch: a table names its columns once. */
  event(event: WatchEvent, options: { first: boolean }): Uint8Array
}

export function viewOf({ request, kube, definition, services }: ResourceRequest): View {
  const negotiated = negotiate({
    accept: request.headers.accept,
    views: true,
    protobuf: hasProtobuf(definition),
    watch: kube.info.verb === 'watch',
  })
  const pretty =
    negotiated.pretty ||
    wantsPretty(kube.rawQuery === '' ? null : kube.query.get('pretty'), request.headers['user-agent'])
  const accepted = pretty === negotiated.pretty ? negotiated : { ...negotiated, pretty }
  if (accepted.mediaType === 'application/json' && accepted.as === 'object' && !accepted.pretty)
    return plainView(definition, accepted)
  const includeObject = accepted.as === 'Table' ? includeObjectOf(kube) : ''
  const show = shapes(definition, { accepted, now: () => services.clock.now(), includeObject })
  const form = `${accepted.mediaType};${accepted.as};${accepted.version};${includeObject}`
  return {
    accepted,
    entry: (entry) => encodeObject(show.entry(entry), accepted),
    parts: (list) => listParts(show.list(list), list.entries, accepted),
    event(event, { first }) {
      const named = first && accepted.as === 'Table'
      return event.encode(named ? `${form};columns` : form, () => encodeEvent(event, show, { accepted, named }))
    },
  }
}

function plainView(definition: ResourceDefinition, accepted: Accepted): View {
  const { mediaType } = accepted
  return {
    accepted,
    entry: ({ json }) => ({ mediaType, body: json }),
    parts: (list) => encodeList(definition, list),
    event: (event) => event.json(),
  }
}

/** What is shown of an object, of a list, and of an object in an event. */
interface Shapes {
  entry(entry: StoredEntry): object
  list(list: StoredList): ListForm
  bookmark(object: KubernetesObject): object
  event?(entry: StoredEntry, options: { named: boolean }): object
}

function shapes(
  definition: ResourceDefinition,
  { accepted, now, includeObject }: { accepted: Accepted; now: () => number; includeObject: string },
): Shapes {
  const { as, version } = accepted
  const whole: Shapes = {
    entry: (entry) => entry.object(),
    list: (list) => objectList(definition, list),
    bookmark: (object) => object,
  }
  if (as === 'object') return whole
  if (as === 'Table') {
    const row = (object: KubernetesObject) => rowOf(definition, object, { version, includeObject, now: now() })
    const event = (object: KubernetesObject, { named }: { named: boolean }) => ({
      ...tableOf(definition, { resourceVersion: object.metadata.resourceVersion ?? '' }, { version, named }),
      rows: [row(object)],
    })
    return {
      entry: (entry) => event(entry.object(), { named: true }),
      event: (entry, named) => event(entry.object(), named),
      list: (list) => ({
        head: tableOf(definition, listMeta(list), { version, named: true }),
        member: 'rows',
        element: (entry) => row(entry.object()),
      }),
      bookmark: (object) => event(bookmarkObject(definition, object), { named: false }),
    }
  }
  return {
    entry: (entry) => {
      refuseObject(as, definition)
      return partialMetadata(entry.object(), version)
    },
    event: (entry) => (as === 'PartialObjectMetadata' ? partialMetadata(entry.object(), version) : entry.object()),
    list: (list) => {
      refuseList(as, definition)
      return {
        head: { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata: listMeta(list) },
        member: 'items',
        element: (entry) => partialMetadata(entry.object(), version),
      }
    },
    bookmark: (object) => (as === 'PartialObjectMetadata' ? partialMetadata(object, version) : object),
  }
}

function encodeEvent(
  event: WatchEvent,
  show: Shapes,
  { accepted, named }: { accepted: Accepted; named: boolean },
): Uint8Array {
  const { mediaType } = accepted
  const { type, object } = event.entry
    ? { type: event.type, object: show.event?.(event.entry, { named }) ?? show.entry(event.entry) }
    : withoutEntry(event, show)
  const framed = mediaType === 'application/vnd.kubernetes.protobuf' ? encodeProtobufEvent(type, object) : undefined
  return framed ?? encodeObject({ type, object }, { mediaType, pretty: false }).body
}

/** A BOOKMARK is of the kind that the watcher was promised; an ERROR is a Status, whatever was asked for. */
function withoutEntry(event: WatchEvent, show: Shapes): { type: string; object: object } {
  const { type, object } = JSON.parse(Buffer.from(event.json()).toString()) as {
    type: string
    object: KubernetesObject
  }
  return { type, object: type === 'BOOKMARK' ? show.bookmark(object) : object }
}
