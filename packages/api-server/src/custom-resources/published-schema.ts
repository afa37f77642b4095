import { isMembers } from '@tandem/api/apiextensions/v1/copied-members'
import type { Schema } from '@tandem/api/apiextensions/v1/json-schema'

type Json = Record<string, unknown>

const dropped = new Set([
  'id',
  '$schema',
  'example',
  'externalDocs',
  'definitions',
  'dependencies',
  'patternProperties',
])
const junctors = new Set(['allOf', 'oneOf', 'anyOf', 'not'])

/**
 * A schema as OpenAPI documents have it. Clients of version 2 know no alternatives and nothing that may be null, and take a list of
 * properties for all that there may be.
 */
export const publishedSchema = (schema: Schema, version: 2 | 3): Json =>
  version === 2 && schema['x-kubernetes-preserve-unknown-fields']
    ? { type: 'object' }
    : published(schema as unknown as Json, version)

function published(schema: Json, version: 2 | 3): Json {
  const result: Json = {}
  for (const [key, value] of Object.entries(schema))
    if (!dropped.has(key) && !(version === 2 && junctors.has(key))) result[key] = member(key, value, version)
  const unfolded = withAlternatives(result, version)
  const embedded = version === 3 || !result['x-kubernetes-preserve-unknown-fields']
  const made = version === 2 ? forVersion2(unfolded, schema) : unfolded
  return schema['x-kubernetes-embedded-resource'] && embedded ? withResourceFields(made) : made
}

function member(key: string, value: unknown, version: 2 | 3): unknown {
  if (key === 'properties' && isMembers(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, published(each as Json, version)]))
  if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isMembers(value))
    return published(value, version)
  if (junctors.has(key) && Array.isArray(value)) return value.map((each: Json) => published(each, version))
  return value
}

/** What may be a number or a text says so in the words of OpenAPI too. */
function withAlternatives(schema: Json, version: 2 | 3): Json {
  const isPlain = schema['x-kubernetes-int-or-string'] === true && !('anyOf' in schema) && !('allOf' in schema)
  return isPlain && version === 3 ? { ...schema, anyOf: [{ type: 'integer' }, { type: 'string' }] } : schema
}

function forVersion2(schema: Json, from: Json): Json {
  const result = { ...schema }
  const keepsAll = result['x-kubernetes-preserve-unknown-fields'] === true
  if (from.nullable) for (const key of ['type', 'nullable', 'items', 'properties']) delete result[key]
  if (keepsAll) for (const key of ['items', 'properties']) delete result[key]
  if (result.items === undefined && result.type === 'array') delete result.type
  if (keepsAll && result.type === 'object') delete result.type
  return withoutNullableRequired(result, from)
}

function withoutNullableRequired(result: Json, { properties, additionalProperties }: Json): Json {
  if (!Array.isArray(result.required)) return result
  const isNullable = (schema: unknown): boolean => isMembers(schema) && schema.nullable === true
  const known = isMembers(properties) ? properties : {}
  const required = isNullable(additionalProperties)
    ? []
    : result.required.filter((name: string) => !isNullable(known[name]))
  const { required: _, ...rest } = result
  return required.length > 0 ? { ...rest, required } : rest
}

/** References are the document's own, which tells what metadata is: `openapi/custom-schemas.ts`. */
export const metadataPlace = 'x-tandem-metadata'

function withResourceFields(schema: Json): Json {
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : []
  const added = ['kind', 'apiVersion'].filter((name) => !required.includes(name))
  return { ...schema, [metadataPlace]: true, required: [...required, ...added] }
}
