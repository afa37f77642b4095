import type { FieldSchema, TypeRef, TypeSchema } from '@tandem/apimachinery'
import { Turns } from '../registry/turns.ts'
import { alternativeSchema, namedType } from './alternatives.ts'
import type { PublishedTypes } from './custom-schemas.ts'
import type { Describe } from './descriptions.ts'
import type { GroupVersionKind } from './operations.ts'
import { unionsOf } from './unions.ts'

export type Json = Record<string, unknown>

/** Version 2 has `definitions` and no `oneOf`; version 3 has `components` and wraps what stands beside a reference. */
export type OpenApiVersion = 2 | 3

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const special: Partial<Record<TypeRef['kind'], string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  time: `${meta}.Time`,
  microTime: `${meta}.MicroTime`,
  duration: `${meta}.Duration`,
  fieldsV1: `${meta}.FieldsV1`,
  rawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
}

const specialSchemas = (version: OpenApiVersion): Record<string, Json> => ({
  quantity: {
    description:
      'Quantity is an exact amount, such as 100m, 1.5 or 2Gi: a number with an optional decimal (n, u, m, k, M, G, T, P, E) or binary (Ki, Mi, Gi, Ti, Pi, Ei) suffix.',
    ...(version === 2 ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] }),
  },
  intOrString: {
    description:
      'IntOrString holds an integer or a string, such as a port number or a port name, a count or a percentage.',
    format: 'int-or-string',
    ...(version === 2 ? { type: 'string' } : { oneOf: [{ type: 'integer' }, { type: 'string' }] }),
  },
  time: { description: 'Time is a point in time in whole seconds, in RFC 3339.', type: 'string', format: 'date-time' },
  microTime: {
    description: 'MicroTime is a point in time in microseconds, in RFC 3339.',
    type: 'string',
    format: 'date-time',
  },
  duration: { description: 'Duration is a length of time, such as 1m30s.', type: 'string' },
  fieldsV1: { description: 'FieldsV1 is a set of fields in the form of a trie.', type: 'object' },
  rawExtension: { description: 'RawExtension holds an object of any kind.', type: 'object' },
})

export interface SchemaOptions {
  registry: PublishedTypes
  describe: Describe
  version: OpenApiVersion
  /** Which kinds a type is. */
  kinds: ReadonlyMap<string, readonly GroupVersionKind[]>
}

/** The schemas of these types and of all they refer to, by name. Made one by one: others have the event loop in between. */
export async function schemasOf(names: Iterable<string>, options: SchemaOptions): Promise<Json> {
  const made: Json = {}
  const pending = new Set(names)
  const turns = new Turns()
  for (const name of pending) {
    const waiting = turns.take()
    if (waiting) await waiting
    const kinds = options.kinds.get(name)
    const known = Object.entries(special).find(([, typeName]) => typeName === name)?.[0]
    made[name] = known
      ? specialSchemas(options.version)[known]
      : {
          ...(await schemaOf(name, options, (needed) => pending.add(needed))),
          ...(kinds && { 'x-kubernetes-group-version-kind': kinds }),
        }
  }
  return Object.fromEntries(Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function schemaOf(
  name: string,
  { registry, describe, version }: SchemaOptions,
  need: (type: string) => void,
): Promise<Json> {
  const custom = registry.custom(name)
  if (custom) return custom({ describe, version, need })
  const alternative = alternativeSchema(name)
  if (alternative) return { ...alternative }
  const type = registry.type(name)
  const { description = '', fields } = await describe(name)
  const properties: Json = {}
  for (const declared of sortedFields(type)) {
    const field = { ...declared, type: namedType(declared.type, { owner: name, field: declared.name }) }
    const text = fields.get(field.name) ?? (await describeTypeOf(field.type, describe))
    properties[field.name] = propertyOf(field, text, { version, need })
  }
  const required = [...type.fields.values()].filter((field) => field.required).map((field) => field.name)
  const unions = unionsOf(name)
  return {
    ...(description && { description }),
    type: 'object',
    ...(type.fields.size && { properties }),
    ...(required.length && { required }),
    ...(type.structType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }),
    ...(unions && { 'x-kubernetes-unions': unions }),
    ...(type.preserveUnknownFields && { 'x-kubernetes-preserve-unknown-fields': true }),
  }
}

/** A field without a text of its own has that of its type. */
async function describeTypeOf(type: TypeRef, describe: Describe): Promise<string> {
  const inner = type.kind === 'list' || type.kind === 'map' ? type.of : type
  return inner.kind === 'ref' ? ((await describe(inner.name)).description ?? '') : ''
}

const sortedFields = ({ fields }: TypeSchema): FieldSchema[] =>
  [...fields.values()].sort((a, b) => (a.name < b.name ? -1 : 1))

interface Writing {
  version: OpenApiVersion
  need: (type: string) => void
}

function propertyOf(field: FieldSchema, description: string, writing: Writing): Json {
  const { listType, listMapKeys, mapType = field.structType, patchMergeKey, patchStrategy, enum: values } = field
  const schema = schemaOfType(field.type, writing)
  const fallback = writing.version === 3 ? (field.default ?? zeroOf(field)) : undefined
  const extras: Json = {
    ...(description && { description }),
    ...(fallback !== undefined && { default: fallback }),
    ...(values && { enum: [...values] }),
    ...(listMapKeys && { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(listType && { 'x-kubernetes-list-type': listType }),
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
    ...(patchMergeKey && { 'x-kubernetes-patch-merge-key': patchMergeKey }),
    ...(patchStrategy && { 'x-kubernetes-patch-strategy': patchStrategy.join(',') }),
  }
  return beside(schema, extras, writing)
}

/** Version 3 has nothing beside a reference: there it is wrapped. */
const beside = (schema: Json, extras: Json, { version }: Pick<Writing, 'version'>): Json =>
  version === 3 && '$ref' in schema && Object.keys(extras).length > 0
    ? { ...extras, allOf: [schema] }
    : { ...schema, ...extras }

/** What Go has where nothing is given: told of all that is neither a pointer nor left out when empty, and of every struct. */
function zeroOf({ type, pointer, omitEmpty }: Pick<FieldSchema, 'type' | 'pointer' | 'omitEmpty'>): unknown {
  if (pointer) return undefined
  if (type.kind === 'ref') return {}
  return omitEmpty ? undefined : zeros[type.kind]
}

const zeros: Partial<Record<TypeRef['kind'], unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
}

const scalars: Partial<Record<TypeRef['kind'], Json>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: {},
}

export function schemaOfType(type: TypeRef, writing: Writing): Json {
  switch (type.kind) {
    case 'list':
      return { type: 'array', items: schemaOfType(type.of, writing) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOfType(type.of, writing) }
    case 'ref':
      return reference(type.name, writing)
    default: {
      const name = special[type.kind]
      return name ? reference(name, writing) : { ...scalars[type.kind] }
    }
  }
}

function reference(name: string, { version, need }: Writing): Json {
  need(name)
  return { $ref: referenceTo(name, version) }
}

export const referenceTo = (name: string, version: OpenApiVersion): string =>
  version === 2 ? `#/definitions/${name}` : `#/components/schemas/${name}`
