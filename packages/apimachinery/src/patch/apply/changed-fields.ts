import { equalJson } from '../../equality.ts'
import type { SchemaRegistry, TypeSchema } from '../../schema.ts'
import { sortedKeys } from '../../sorted-keys.ts'
import { isObject, type Json } from '../json-object.ts'
import { emptyFieldSet, type FieldSet } from './field-set.ts'
import { elementNames, fieldElement, placeOfField, type Structure, structureOfElement } from './structure.ts'

/** Fields of metadata that the server owns and nobody manages. */
const serverOwned = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
])

export interface ChangeOptions {
  from: Json
  to: Json
  schema: TypeSchema
  registry: SchemaRegistry
}

/** The fields that a write sets: new ones and those with another value. */
export const changedFields = (options: ChangeOptions): FieldSet => changes(options, 'added and modified')

/** The fields that a write takes away. */
export const removedFields = ({ from, to, ...rest }: ChangeOptions): FieldSet =>
  changes({ from: to, to: from, ...rest }, 'added')

type Wanted = 'added' | 'added and modified'
type Children = Record<string, FieldSet>

interface Walk {
  registry: SchemaRegistry
  wanted: Wanted
}

function changes({ from, to, schema, registry }: ChangeOptions, wanted: Wanted): FieldSet {
  const walk: Walk = { registry, wanted }
  const children: Children = {}
  for (const name of sortedKeys(to)) {
    if (name === 'kind' || name === 'apiVersion') continue
    const [old, value] = [from[name], to[name]]
    const { element, structure } = placeOfField(schema, name, value, registry)
    const change =
      name === 'metadata' && structure.kind === 'struct'
        ? fieldsOf(isObject(old) ? old : nothing, value as Json, structure.schema, walk, serverOwned)
        : changeOf(old, value, structure, walk)
    if (change) children[element] = change
  }
  return children
}

/** What changed at and below one value; undefined when nothing did. */
function changeOf(old: unknown, value: unknown, structure: Structure, walk: Walk): FieldSet | undefined {
  if (value === undefined || old === value) return undefined
  if (structure.kind === 'leaf' || (isEmpty(old) && isEmpty(value))) return leafChange(old, value, walk)
  return childrenOf(old, value, structure, walk) ?? (old === undefined ? emptyFieldSet : undefined)
}

const nothing: Json = Object.freeze({})

/** What is new is itself a member of the set; of what was there only changes below it are. */
const firstChildren = (old: unknown): Children => (old === undefined ? { '.': emptyFieldSet } : {})

function leafChange(old: unknown, value: unknown, { wanted }: Walk): FieldSet | undefined {
  if (old === undefined) return emptyFieldSet
  return wanted === 'added' || equalJson(old, value) ? undefined : emptyFieldSet
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}

function childrenOf(
  old: unknown,
  value: unknown,
  structure: Exclude<Structure, { kind: 'leaf' }>,
  walk: Walk,
): Children | undefined {
  switch (structure.kind) {
    case 'struct':
      return isObject(value) ? fieldsOf(old, value, structure.schema, walk) : undefined
    case 'map':
      return isObject(value) ? entriesOf(old, value, structure, walk) : undefined
    default:
      return Array.isArray(value) ? elementsOf(old, value, structure, walk) : undefined
  }
}

function fieldsOf(
  old: unknown,
  value: Json,
  schema: TypeSchema,
  walk: Walk,
  skipped?: ReadonlySet<string>,
): Children | undefined {
  const before = isObject(old) ? old : nothing
  let children: Children | undefined
  for (const name of sortedKeys(value)) {
    if (skipped?.has(name) || before[name] === value[name]) continue
    const { element, structure } = placeOfField(schema, name, value[name], walk.registry)
    const change = changeOf(before[name], value[name], structure, walk)
    if (!change) continue
    children ??= firstChildren(old)
    children[element] = change
  }
  return children
}

function entriesOf(
  old: unknown,
  value: Json,
  { of }: Extract<Structure, { kind: 'map' }>,
  walk: Walk,
): Children | undefined {
  const before = isObject(old) ? old : nothing
  let children: Children | undefined
  for (const key of sortedKeys(value)) {
    const previous = Object.hasOwn(before, key) ? before[key] : undefined
    const change = changeOf(previous, value[key], structureOfElement(of, value[key], walk.registry), walk)
    if (!change) continue
    children ??= firstChildren(old)
    children[fieldElement(key)] = change
  }
  return children
}

function elementsOf(
  old: unknown,
  value: readonly unknown[],
  structure: Extract<Structure, { kind: 'list' | 'set' }>,
  walk: Walk,
): Children | undefined {
  const before = Array.isArray(old) && old.length > 0 ? elementsByName(old, structure) : undefined
  let children: Children | undefined
  elementNames(value, structure).forEach((name, index) => {
    const element = value[index]
    const change = changeOf(before?.get(name), element, structureOfElement(structure.of, element, walk.registry), walk)
    if (!change) return
    children ??= firstChildren(old)
    children[name] = change
  })
  return children
}

const elementsByName = (
  list: readonly unknown[],
  structure: Extract<Structure, { kind: 'list' | 'set' }>,
): Map<string, unknown> => new Map(elementNames(list, structure).map((name, index) => [name, list[index]]))
