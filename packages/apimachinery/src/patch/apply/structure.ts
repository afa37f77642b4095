import type { FieldSchema, SchemaRegistry, TypeRef, TypeSchema } from '../../schema.ts'
import { isObject } from '../json-object.ts'

/**
 * How a value is owned and merged: as a whole (`leaf`), field by field (`struct`, `map`), or element by element (`list` with keys, `set`).
 */
export type Structure =
  | { kind: 'leaf'; type: TypeRef }
  | { kind: 'struct'; schema: TypeSchema }
  | { kind: 'map'; of: TypeRef }
  | { kind: 'list'; of: TypeRef; keys: readonly ListKey[] }
  | { kind: 'set'; of: TypeRef }

export interface ListKey {
  name: string
  default: unknown
}

/** Free-form, as no built-in field is: objects are owned by key, the rest whole. */
export const anything: TypeRef = { kind: 'any' }
const leaves = new WeakMap<TypeRef, Structure>()

/** Where a field stands in a set of fields, and how its value is owned. */
export interface FieldPlace {
  element: string
  structure: Structure
}

/** Looked up for every field of every write: each is made once. */
const places = new WeakMap<FieldSchema, FieldPlace>()

function placeOf(field: FieldSchema, registry: SchemaRegistry): FieldPlace {
  let place = places.get(field)
  if (!place) {
    place = { element: fieldElement(field.name), structure: makeStructure(field, registry) }
    places.set(field, place)
  }
  return place
}

function makeStructure(field: FieldSchema, registry: SchemaRegistry): Structure {
  const { type, listType, listMapKeys = [], mapType, structType } = field
  if (type.kind === 'ref')
    return structType === 'atomic' || mapType === 'atomic' ? leaf(type) : structureOfType(type, registry)
  if (type.kind === 'map') return mapType === 'atomic' ? leaf(type) : { kind: 'map', of: type.of }
  if (type.kind !== 'list') return leaf(type)
  if (listType === 'set') return { kind: 'set', of: type.of }
  if (listType !== 'map' || type.of.kind !== 'ref') return leaf(type)
  const element = registry.type(type.of.name)
  const keys = listMapKeys.map((name) => ({ name, default: element.fields.get(name)?.default }))
  return { kind: 'list', of: type.of, keys }
}

function leaf(type: TypeRef): Structure {
  let structure = leaves.get(type)
  if (!structure) {
    structure = { kind: 'leaf', type }
    leaves.set(type, structure)
  }
  return structure
}

const typeStructures = new WeakMap<TypeRef, Structure>()

/** Of a type that no field says more about: an element of a list or a map, or a whole object. */
export function structureOfType(type: TypeRef, registry: SchemaRegistry): Structure {
  const known = typeStructures.get(type)
  if (known) return known
  const structure = makeTypeStructure(type, registry)
  typeStructures.set(type, structure)
  return structure
}

function makeTypeStructure(type: TypeRef, registry: SchemaRegistry): Structure {
  if (type.kind === 'ref') {
    const schema = registry.type(type.name)
    return schema.structType === 'atomic' ? leaf(type) : { kind: 'struct', schema }
  }
  return type.kind === 'map' ? { kind: 'map', of: type.of } : leaf(type)
}

/** Of a field by name; what the type does not know is free-form: objects by key, the rest whole. */
export function placeOfField(schema: TypeSchema, name: string, value: unknown, registry: SchemaRegistry): FieldPlace {
  const field = schema.fields.get(name)
  if (field && field.type !== anything) return placeOf(field, registry)
  return { element: fieldElement(name), structure: isObject(value) ? { kind: 'map', of: anything } : leaf(anything) }
}

export const structureOfField = (
  schema: TypeSchema,
  name: string,
  value: unknown,
  registry: SchemaRegistry,
): Structure => placeOfField(schema, name, value, registry).structure

/** Elements of free-form maps take the shape that their value has. */
export function structureOfElement(of: TypeRef, value: unknown, registry: SchemaRegistry): Structure {
  return of === anything && isObject(value) ? { kind: 'map', of: anything } : structureOfType(of, registry)
}

/** The path element of an element of a list with keys: `k:{"name":"x"}`. */
export function keyElement(value: unknown, keys: readonly ListKey[]): string {
  const object = isObject(value) ? value : {}
  let text = ''
  for (const { name, default: fallback } of sortedKeys(keys)) {
    const key = object[name] ?? fallback
    if (key !== undefined) text += `${text && ','}${JSON.stringify(name)}:${JSON.stringify(key)}`
  }
  return `k:{${text}}`
}

const sorted = new WeakMap<readonly ListKey[], readonly ListKey[]>()
function sortedKeys(keys: readonly ListKey[]): readonly ListKey[] {
  if (keys.length < 2) return keys
  let known = sorted.get(keys)
  if (!known) {
    known = keys.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    sorted.set(keys, known)
  }
  return known
}

export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`
export const fieldElement = (name: string): string => `f:${name}`

/** The path element of each element of a list, in order; elements that repeat share theirs. */
export function elementNames(
  list: readonly unknown[],
  structure: Extract<Structure, { kind: 'list' | 'set' }>,
): string[] {
  return structure.kind === 'set' ? list.map(valueElement) : list.map((value) => keyElement(value, structure.keys))
}
