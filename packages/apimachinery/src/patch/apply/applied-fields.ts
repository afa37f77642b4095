import { canonicalMicroTime, canonicalTime, decodeQuantity } from '../../decode/scalars.ts'
import type { SchemaRegistry, TypeRef, TypeSchema } from '../../schema.ts'
import { isObject, type Json } from '../json-object.ts'
import { emptyFieldSet, type FieldSet } from './field-set.ts'
import { elementNames, fieldElement, type Structure, structureOfElement, structureOfField } from './structure.ts'

type Children = Record<string, FieldSet>

const unmanaged = new Set(['apiVersion', 'kind'])
const unmanagedMetadata = new Set([
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

/** The fields that an applied configuration names: leaves, keys of maps and elements of lists, but not the structs around them. */
export function appliedFields(config: Json, schema: TypeSchema, registry: SchemaRegistry): FieldSet {
  const children: Children = {}
  for (const name in config) {
    if (unmanaged.has(name)) continue
    const structure = structureOfField(schema, name, config[name], registry)
    const child =
      name === 'metadata' && structure.kind === 'struct' && isObject(config[name])
        ? structFields(omit(config[name], unmanagedMetadata), structure.schema, registry)
        : nodeOf(config[name], structure, registry)
    if (child && Object.keys(child).length + (name === 'metadata' ? 0 : 1) > 0) children[fieldElement(name)] = child
  }
  return children
}

const omit = (value: Json, names: ReadonlySet<string>): Json =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)))

/** Undefined where there is nothing to own, such as a list without elements. */
function nodeOf(value: unknown, structure: Structure, registry: SchemaRegistry): FieldSet | undefined {
  if (structure.kind === 'leaf' || value === null) return emptyFieldSet
  if (structure.kind === 'struct' || structure.kind === 'map') {
    if (!isObject(value) || Object.keys(value).length === 0) return emptyFieldSet
    return structure.kind === 'struct'
      ? structFields(value, structure.schema, registry)
      : mapFields(value, structure.of, registry)
  }
  if (!Array.isArray(value) || value.length === 0) return undefined
  const children: Children = {}
  for (const [index, name] of elementNames(value, structure).entries()) {
    const below = nodeOf(value[index], structureOfElement(structure.of, value[index], registry), registry)
    children[name] = asMember(below)
  }
  return children
}

const asMember = (below: FieldSet | undefined): FieldSet =>
  below && Object.keys(below).length > 0 ? { '.': emptyFieldSet, ...below } : emptyFieldSet

function structFields(value: Json, schema: TypeSchema, registry: SchemaRegistry): Children {
  const children: Children = {}
  for (const name in value) {
    const known = schema.fields.has(name)
    const below = nodeOf(value[name], structureOfField(schema, name, value[name], registry), registry)
    if (below) children[fieldElement(name)] = known ? below : asMember(below)
  }
  return children
}

function mapFields(value: Json, of: TypeRef, registry: SchemaRegistry): Children {
  const children: Children = {}
  for (const key in value)
    children[fieldElement(key)] = asMember(nodeOf(value[key], structureOfElement(of, value[key], registry), registry))
  return children
}

/** A value as a stored object would carry it, so that `1000m` and `1` do not conflict. What is malformed stays for decoding to refuse. */
export function canonicalValue(value: unknown, type: TypeRef, registry: SchemaRegistry): unknown {
  switch (type.kind) {
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number' ? attempt(decodeQuantity, value) : value
    case 'time':
      return typeof value === 'string' ? attempt(canonicalTime, value) : value
    case 'microTime':
      return typeof value === 'string' ? attempt(canonicalMicroTime, value) : value
    case 'list':
      return Array.isArray(value) ? value.map((element) => canonicalValue(element, type.of, registry)) : value
    case 'map':
      return isObject(value) ? mapValues(value, (element) => canonicalValue(element, type.of, registry)) : value
    case 'ref': {
      const { fields } = registry.type(type.name)
      return isObject(value)
        ? mapValues(value, (element, name) => {
            const field = fields.get(name)
            return field ? canonicalValue(element, field.type, registry) : element
          })
        : value
    }
    default:
      return value
  }
}

function attempt<T>(canonical: (value: T) => unknown, value: T): unknown {
  try {
    return canonical(value)
  } catch {
    return value
  }
}

const mapValues = (value: Json, change: (element: unknown, name: string) => unknown): Json =>
  Object.fromEntries(Object.entries(value).map(([name, element]) => [name, change(element, name)]))
