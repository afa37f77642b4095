import { decodeObject } from '../../decode/decode.ts'
import { DecodeError } from '../../decode/decode-error.ts'
import { objectDecoder } from '../../decode/decoder.ts'
import { equalJson } from '../../equality.ts'
import { applyConflict, badRequest, type StatusError } from '../../errors.ts'
import type { KubernetesObject, ManagedFieldsEntry } from '../../meta.ts'
import type { SchemaRegistry } from '../../schema.ts'
import type { StatusCause } from '../../status.ts'
import type { Json } from '../json-object.ts'
import { appliedFields, canonicalValue } from './applied-fields.ts'
import { changedFields, removedFields } from './changed-fields.ts'
import {
  difference,
  emptyFieldSet,
  equalSets,
  type FieldSet,
  intersection,
  isEmptySet,
  printPaths,
  union,
  without,
} from './field-set.ts'
import { entryOf, fieldChanges, fieldsOf, isSame, sortEntries, type Writer } from './managed-fields.ts'
import { mergeConfiguration } from './merge-configuration.ts'
import { removeDropped } from './remove-fields.ts'

export interface ApplyRequest {
  /** Absent when the apply creates the object. */
  live?: KubernetesObject | undefined
  /** The configuration as it came, neither decoded nor defaulted: what it does not say it does not own. */
  config: Record<string, unknown>
  schema: string
  registry: SchemaRegistry
  writer: Writer
  /** Take fields over from other managers. */
  force?: boolean
  /** Fields that this write cannot change, as for `updateManagedFields`. */
  ignored?: FieldSet | undefined
}

export interface Applied {
  /** The live object with the configuration merged in, still to be decoded and defaulted; managedFields are in place. */
  object: KubernetesObject
  /** False when nothing would change: the live object is the answer and there is no write. */
  changed: boolean
}

/** Server-side apply. Throws a conflict that names each field and its manager. */
export function applyConfiguration(request: ApplyRequest): Applied {
  const { live, config, registry, writer, ignored } = request
  refuseManagedFields(config)
  const schema = registry.type(request.schema)
  const base = (live ?? objectDecoder(request.schema, registry).zero()) as unknown as Json
  const managers = live ? existing(live, request) : []
  const lastApplied = managers.find((entry) => isSame(entry, writer, 'Apply'))
  const last = lastApplied ? fieldsOf(lastApplied) : emptyFieldSet

  const canonical = canonicalValue(config, { kind: 'ref', name: request.schema }, registry) as Json
  const applied = without(appliedFields(canonical, schema, registry), ignored)
  const others = managers.filter((entry) => entry !== lastApplied)
  const owned = others.reduce((all, entry) => union(all, fieldsOf(entry)), applied)
  const merged = mergeConfiguration(withoutManagers(base), canonical, schema, registry)
  const object = removeDropped({ object: merged, schema, registry, last, owned })

  const change = { from: base, to: object, schema, registry }
  const changed = without(changedFields(change), ignored)
  const removed = without(removedFields(change), ignored)
  const remaining = settle(others, changed, removed, request.force ?? false)
  const isObjectSame = live !== undefined && isSameObject(live, object, request)
  const isSetSame = lastApplied !== undefined && equalSets(last, applied)
  const unchanged = isObjectSame && isSetSame && lastApplied.apiVersion === writer.apiVersion
  const own = unchanged ? [lastApplied] : isEmptySet(applied) ? [] : [entryOf(writer, 'Apply', applied)]
  const entries = sortEntries([...remaining, ...own])
  const result = { ...object, metadata: { ...(object.metadata as Json), managedFields: entries } }
  return {
    object: result as unknown as KubernetesObject,
    changed: !(isObjectSame && equalJson(entries, live?.metadata.managedFields ?? [])),
  }
}

function refuseManagedFields({ metadata }: Json): void {
  if ((metadata as Json | undefined)?.managedFields !== undefined)
    throw badRequest('metadata.managedFields must be nil')
}

/** Compares what would be stored: an empty map in a configuration is a change to nobody. */
function isSameObject(live: KubernetesObject, object: Json, { schema, registry }: ApplyRequest): boolean {
  try {
    const stored = decodeObject(object, { schema, registry, fieldValidation: 'Ignore' }).object
    return equalJson(withoutManagers(stored), withoutManagers(live as unknown as Json))
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

function withoutManagers(live: Json): Json {
  const { managedFields: _, ...metadata } = (live.metadata ?? {}) as Json
  return { ...live, metadata }
}

/** An object that nobody manages yet: all it has belongs to whoever made it before the first apply. */
function existing(live: KubernetesObject, { schema, registry, writer }: ApplyRequest): ManagedFieldsEntry[] {
  const entries = live.metadata.managedFields ?? []
  if (entries.length) return entries
  const { changed } = fieldChanges({ object: live, schema, registry })
  const { apiVersion, time } = writer
  return isEmptySet(changed) ? [] : [entryOf({ manager: 'before-first-apply', apiVersion, time }, 'Update', changed)]
}

/** The other managers after the apply. Throws when they own what it would change, unless forced. */
function settle(
  others: readonly ManagedFieldsEntry[],
  changed: FieldSet,
  removed: FieldSet,
  force: boolean,
): ManagedFieldsEntry[] {
  const conflicts = others
    .map((entry) => ({ entry, paths: printPaths(intersection(fieldsOf(entry), changed)) }))
    .filter(({ paths }) => paths.length)
  if (conflicts.length && !force) throw conflictError(conflicts)
  return others.flatMap((entry) => {
    const fields = difference(difference(fieldsOf(entry), changed), removed)
    if (fields === entry.fieldsV1) return [entry]
    return isEmptySet(fields) ? [] : [{ ...entry, fieldsV1: fields as NonNullable<ManagedFieldsEntry['fieldsV1']> }]
  })
}

interface Conflict {
  entry: ManagedFieldsEntry
  paths: string[]
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const all = conflicts.flatMap(({ entry, paths }) => paths.map((path) => ({ manager: printManager(entry), path })))
  const causes: StatusCause[] = all.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: path,
  }))
  const [first] = all
  if (all.length === 1 && first)
    return applyConflict(`Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`, causes)
  const lines = Map.groupBy(all, ({ manager }) => manager)
    .entries()
    .toArray()
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, fields]) => [`conflicts with ${manager}:`, ...fields.map(({ path }) => `- ${path}`)])
  return applyConflict(`Apply failed with ${all.length} conflicts: ${lines.join('\n')}`, causes)
}

function printManager({ manager = '', subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
