import { apiVersionOf, type ResourceDefinition } from '@tandem/apimachinery'
import { printYaml } from '@tandem/apimachinery/wire/yaml'
import type { StoredEntry, StoredList } from '../registry/store.ts'
import type { Accepted } from '../request/negotiation.ts'
import { protobufList } from '../request/protobuf.ts'

/** A list before it is bytes: all but its elements, which are made one at a time. */
export interface ListForm {
  head: Record<string, unknown>
  /** The member of the head that holds the elements. It comes last. */
  member: 'items' | 'rows'
  element(entry: StoredEntry): object
}

export const listKindOf = ({ listKind, kind }: ResourceDefinition): string => listKind ?? `${kind}List`

export const listMeta = ({ revision, continue: token, remainingItemCount }: StoredList) => ({
  resourceVersion: String(revision),
  ...(token && { continue: token }),
  ...(remainingItemCount && { remainingItemCount }),
})

/** A list of the objects themselves. */
export const objectList = (definition: ResourceDefinition, list: StoredList): ListForm => ({
  head: { kind: listKindOf(definition), apiVersion: apiVersionOf(definition), metadata: listMeta(list) },
  member: 'items',
  element: (entry) => entry.object(),
})

/**
 * The bytes of a list, element by element, so that whoever writes them can stop between any two. An empty part stands for work that has
 * nothing to show yet.
 */
export function listParts(
  form: ListForm,
  entries: readonly StoredEntry[],
  { mediaType, pretty }: Pick<Accepted, 'mediaType' | 'pretty'>,
): Iterable<Uint8Array> {
  if (mediaType === 'application/vnd.kubernetes.protobuf') return protobufParts(form, entries)
  if (mediaType === 'application/yaml') return yamlParts(form, entries)
  return pretty ? indentedParts(form, entries) : jsonParts(form, entries)
}

function* jsonParts({ head, member, element }: ListForm, entries: readonly StoredEntry[]): Generator<Uint8Array> {
  yield Buffer.from(JSON.stringify({ ...head, [member]: [] }).slice(0, -2))
  for (const [index, entry] of entries.entries())
    yield Buffer.from((index > 0 ? ',' : '') + JSON.stringify(element(entry)))
  yield Buffer.from(']}\n')
}

function* indentedParts({ head, member, element }: ListForm, entries: readonly StoredEntry[]): Generator<Uint8Array> {
  const start = JSON.stringify({ ...head, [member]: [] }, undefined, 2)
  if (entries.length === 0) return yield Buffer.from(`${start}\n`)
  yield Buffer.from(start.slice(0, -']\n}'.length))
  for (const [index, entry] of entries.entries()) {
    const text = JSON.stringify(element(entry), undefined, 2).replaceAll('\n', '\n    ')
    yield Buffer.from(`${index > 0 ? ',' : ''}\n    ${text}`)
  }
  yield Buffer.from('\n  ]\n}\n')
}

/** Keys of YAML are in order, so that the elements stand between the others. */
function* yamlParts({ head, member, element }: ListForm, entries: readonly StoredEntry[]): Generator<Uint8Array> {
  const isBefore = ([key]: [string, unknown]): boolean => key < member
  yield yamlMembers(Object.entries(head).filter(isBefore))
  yield Buffer.from(entries.length === 0 ? `${member}: []\n` : `${member}:\n`)
  for (const entry of entries) yield Buffer.from(printYaml([element(entry)]))
  yield yamlMembers(Object.entries(head).filter((one) => !isBefore(one)))
}

const yamlMembers = (members: [string, unknown][]): Uint8Array =>
  Buffer.from(members.length === 0 ? '' : printYaml(Object.fromEntries(members)))

/** So many bytes are kept rather than made again. */
const keptBytes = 16 << 20
const nothing = new Uint8Array()

/** A message says how long it is before it begins: every element is made once to be measured, and the last ones of a long list again. */
function* protobufParts({ head, element }: ListForm, entries: readonly StoredEntry[]): Generator<Uint8Array> {
  const list = protobufList(head)
  const kept: Uint8Array[] = []
  let length = 0
  for (const entry of entries) {
    const bytes = list.element(element(entry))
    length += bytes.byteLength
    if (length <= keptBytes) kept.push(bytes)
    yield nothing
  }
  yield list.head(length)
  for (const [index, entry] of entries.entries()) yield kept[index] ?? list.element(element(entry))
  yield list.end
}
