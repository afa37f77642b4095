import { equalJson } from '../../equality.ts'
import type { SchemaRegistry, TypeSchema } from '../../schema.ts'
import { isObject, type Json } from '../json-object.ts'
import { emptyFieldSet, type FieldSet } from './field-set.ts'
import { elementNames, fieldElement, type Structure, structureOfElement, structureOfField } from './structure.ts'

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
  for (const name in to) {
    if (name === 'kind' || name === 'apiVersion') continue
    const [old, value] = [from[name], to[name]]
    const structure = structureOfField(schema, name, value, registry)
    const change =
      name === 'metadata' && structure.kind === 'struct'
        ? fieldsOf(isObject(old) ? old : {}, value as Json, structure.schema, walk, serverOwned)
        : changeOf(old, value, structure, walk)
    if (change) children[fieldElement(name)] = change
  }
  return children
}

/** What changed at and below one value; undefined when nothing did. */
function changeOf(old: unknown, value: unknown, structure: Structure, walk: Walk): FieldSet | undefined {
  if (value === undefined || old === value) return undefined
  if (structure.kind === 'leaf' || (isEmpty(old) && isEmpty(value))) return leafChange(old, value, walk)
  const below = childrenOf(old, value, structure, walk)
  if (old !== undefined) return below
  return below ? { '.': emptyFieldSet, ...below } : emptyFieldSet
}

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
      return isObject(value) ? fieldsOf(isObject(old) ? old : {}, value, structure.schema, walk) : undefined
    case 'map':
      return isObject(value) ? entriesOf(isObject(old) ? old : {}, value, structure, walk) : undefined
    default:
      return Array.isArray(value) ? elementsOf(Array.isArray(old) ? old : [], value, structure, walk) : undefined
  }
}

function fieldsOf(
  old: Json,
  value: Json,
  schema: TypeSchema,
  walk: Walk,
  skipped?: ReadonlySet<string>,
): Children | undefined {
  let children: Children | undefined
  for (const name in value) {
    if (skipped?.has(name) || old[name] === value[name]) continue
    const change = changeOf(old[name], value[name], structureOfField(schema, name, value[name], walk.registry), walk)
    if (!change) continue
    children ??= {}
    children[fieldElement(name)] = change
  }
  return children
}

function entriesOf(
  old: Json,
  value: Json,
  { of }: Extract<Structure, { kind: 'map' }>,
  walk: Walk,
): Children | undefined {
  let children: Children | undefined
  for (const key in value) {
    const previous = Object.hasOwn(old, key) ? old[key] : undefined
    const change = changeOf(previous, value[key], structureOfElement(of, value[key], walk.registry), walk)
    if (!change) continue
    children ??= {}
    children[fieldElement(key)] = change
  }
  return children
}

function elementsOf(
  old: readonly unknown[],
  value: readonly unknown[],
  structure: Extract<Structure, { kind: 'list' | 'set' }>,
  walk: Walk,
): Children | undefined {
  const before = new Map<string, unknown>()
  if (old.length) for (const [index, name] of elementNames(old, structure).entries()) before.set(name, old[index])
  let children: Children | undefined
  for (const [index, name] of elementNames(value, structure).entries()) {
    const element = value[index]
    const change = changeOf(before.get(name), element, structureOfElement(structure.of, element, walk.registry), walk)
    if (!change) continue
    children ??= {}
    children[name] = change
  }
  return children
}
