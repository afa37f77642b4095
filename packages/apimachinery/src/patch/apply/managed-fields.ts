import { objectDecoder } from '../../decode/decoder.ts'
import type { KubernetesObject, ManagedFieldsEntry } from '../../meta.ts'
import type { SchemaRegistry } from '../../schema.ts'
import type { Json } from '../json-object.ts'
import { changedFields, removedFields } from './changed-fields.ts'
import { difference, emptyFieldSet, type FieldSet, inOrder, isEmptySet, union, without } from './field-set.ts'

/** Who writes, and how. */
export interface Writer {
  manager: string
  /** The version that the request speaks. */
  apiVersion: string
  subresource?: string | undefined
  /** RFC 3339, whole seconds. */
  time: string
}

export interface ManagedWrite {
  /** The object before the write; absent when it is created. */
  live?: KubernetesObject | undefined
  /** The object to be written, decoded and defaulted, before admission; what it says of managedFields counts as upstream. */
  object: KubernetesObject
  schema: string
  registry: SchemaRegistry
  writer: Writer
  /** Fields that this write cannot change: `status` of the resource itself, all but `status` of the status subresource. */
  ignored?: FieldSet | undefined
}

/** More managers that update than this are merged into one entry. */
const maxUpdateManagers = 10
const ancient = 'ancient-changes'

/**
 * The managedFields of an object after a write that is no apply: the writer gets what it set, all others lose it, and what is gone belongs
 * to nobody. The entries are the same ones, times included, when nothing changed.
 */
export function updateManagedFields(write: ManagedWrite): ManagedFieldsEntry[] {
  const { live, object, writer } = write
  const entries = claimed(write)
  if (live && entries.length === 0) return []
  const { changed, removed } = fieldChanges(write)
  if (isEmptySet(changed) && isEmptySet(removed)) return entries
  const kept = entries.flatMap((entry) => {
    const own = isSame(entry, writer, 'Update')
    const fields = difference(own ? fieldsOf(entry) : difference(fieldsOf(entry), changed), removed)
    if (fields === entry.fieldsV1) return [entry]
    return isEmptySet(fields) ? [] : [{ ...entry, fieldsV1: fields as ManagedFieldsEntry['fieldsV1'] }]
  })
  if (isEmptySet(changed)) return kept as ManagedFieldsEntry[]
  const own = kept.find((entry) => isSame(entry, writer, 'Update'))
  const others = kept.filter((entry) => entry !== own)
  const fields = own ? union(fieldsOf(own), changed) : changed
  return capped(sortEntries([...(others as ManagedFieldsEntry[]), entryOf(writer, 'Update', fields)]), object)
}

/** The entries to start from: those of the request if it has any that count, or else those of the live object. */
function claimed({ live, object, writer }: ManagedWrite): ManagedFieldsEntry[] {
  const [asked, known] = [object.metadata.managedFields, live?.metadata.managedFields ?? []]
  if (writer.subresource) return known
  if (isReset(asked)) return []
  return asked?.length && asked.every(isReadable) ? asked : known
}

/** `managedFields: [{}]`: the client wants them forgotten. */
const isReset = (entries: readonly ManagedFieldsEntry[] | undefined): boolean =>
  entries?.length === 1 && Object.keys(entries[0] ?? {}).length === 0

const isReadable = ({ operation, fieldsType, fieldsV1 }: ManagedFieldsEntry): boolean =>
  (operation === 'Apply' || operation === 'Update') &&
  (fieldsType ?? 'FieldsV1') === 'FieldsV1' &&
  fieldsV1 !== undefined

export interface FieldChanges {
  changed: FieldSet
  removed: FieldSet
}

/** What a write changes. A new object is compared with an empty one of its type, whose structs exist. */
export function fieldChanges({ live, object, schema, registry, ignored }: Omit<ManagedWrite, 'writer'>): FieldChanges {
  const from = live ?? objectDecoder(schema, registry).zero()
  const options = {
    from: from as unknown as Json,
    to: object as unknown as Json,
    schema: registry.type(schema),
    registry,
  }
  return {
    changed: without(changedFields(options), ignored),
    removed: live ? without(removedFields(options), ignored) : emptyFieldSet,
  }
}

export const fieldsOf = (entry: ManagedFieldsEntry): FieldSet => (entry.fieldsV1 ?? emptyFieldSet) as FieldSet

/** Appliers are the same in every version, so that their last set is found again. */
export const isSame = (entry: ManagedFieldsEntry, writer: Writer, operation: 'Apply' | 'Update'): boolean =>
  entry.operation === operation &&
  entry.manager === writer.manager &&
  (entry.subresource ?? '') === (writer.subresource ?? '') &&
  (operation === 'Apply' || entry.apiVersion === writer.apiVersion)

export const entryOf = (
  { manager, apiVersion, subresource, time }: Writer,
  operation: 'Apply' | 'Update',
  fields: FieldSet,
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion,
  time,
  fieldsType: 'FieldsV1',
  fieldsV1: inOrder(fields) as NonNullable<ManagedFieldsEntry['fieldsV1']>,
  ...(subresource && { subresource }),
})

const orderOf = ({
  operation,
  time = '',
  manager = '',
  apiVersion = '',
  subresource = '',
}: ManagedFieldsEntry): string => [operation, time, manager, apiVersion, subresource].join('\0')

/** Appliers first, then by time. */
export function sortEntries(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  if (entries.length < 2) return entries
  return entries
    .map((entry) => ({ entry, order: orderOf(entry) }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(({ entry }) => entry)
}

/** The oldest updates fold into one entry a version, so that the list cannot grow with every new client name. */
function capped(entries: ManagedFieldsEntry[], { apiVersion = '' }: KubernetesObject): ManagedFieldsEntry[] {
  const updates = entries.filter(({ operation }) => operation === 'Update')
  if (updates.length <= maxUpdateManagers) return entries
  const folded = new Set(updates.slice(0, updates.length - maxUpdateManagers + 1))
  const [first, ...rest] = [...folded]
  if (!first) return entries
  const fields = rest.reduce((set, entry) => union(set, fieldsOf(entry)), fieldsOf(first))
  const time = rest.at(-1)?.time ?? first.time ?? ''
  const merged = entryOf({ manager: ancient, apiVersion: first.apiVersion ?? apiVersion, time }, 'Update', fields)
  return sortEntries([merged, ...entries.filter((entry) => !folded.has(entry))])
}
