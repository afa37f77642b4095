import { builtInSchema } from '@tandem/api'
import type { ResourceDefinition, SchemaRegistry } from '@tandem/apimachinery'
import { metadataPlace } from '../custom-resources/published-schema.ts'
import type { Describe } from './descriptions.ts'
import { listType } from './operations.ts'
import { type Json, type OpenApiVersion, referenceTo } from './schema.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
/** A type that has what all have, and whose texts say it. */
const example = 'io.k8s.api.core.v1.ConfigMap'

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'
const objectMetadata = `Standard object's metadata. More info: ${conventions}#metadata`
const listMetadata = `Standard list metadata. More info: ${conventions}#types-kinds`

type MakeSchema = (writing: { describe: Describe; version: OpenApiVersion; need(type: string): void }) => Promise<Json>

/** The built-in types and those of custom resources, of which there are schemas in so many words. */
export interface PublishedTypes extends SchemaRegistry {
  has(name: string): boolean
  custom(name: string): MakeSchema | undefined
}

export function publishedTypes(definitions: readonly ResourceDefinition[]): PublishedTypes {
  const makers = new Map<string, MakeSchema>()
  for (const definition of definitions) {
    if (!definition.custom) continue
    makers.set(definition.schema, objectSchema(definition))
    makers.set(listType(definition), listSchema(definition))
  }
  return {
    has: (name) => makers.has(name) || builtInSchema.has(name),
    type: (name) => builtInSchema.type(name),
    custom: (name) => makers.get(name),
  }
}

const objectSchema =
  ({ custom, selectableFields }: ResourceDefinition): MakeSchema =>
  async ({ describe, version, need }) => {
    const schema = custom?.published(version) ?? { type: 'object' }
    // Clients of version 2 take the properties that are told for all that there are.
    const isOpen = version === 2 && schema.properties === undefined
    const fields = await resourceFields(describe, { version, need, metadata: 'ObjectMeta' })
    return {
      ...(isOpen ? schema : withFields(filled(schema, fields), fields)),
      ...(selectableFields && {
        'x-kubernetes-selectable-fields': Object.keys(selectableFields).map((fieldPath) => ({ fieldPath })),
      }),
    }
  }

const listSchema =
  ({ kind, plural, schema, listKind = `${kind}List` }: ResourceDefinition): MakeSchema =>
  async ({ describe, version, need }) => {
    need(schema)
    const items = {
      description: `List of ${plural}. More info: ${conventions}`,
      type: 'array',
      items: { $ref: referenceTo(schema, version) },
    }
    const fields = await resourceFields(describe, { version, need, metadata: 'ListMeta' })
    return {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: { items, ...fields },
    }
  }

interface Writing {
  version: OpenApiVersion
  need(type: string): void
  metadata: 'ObjectMeta' | 'ListMeta'
}

async function resourceFields(describe: Describe, { version, need, metadata }: Writing): Promise<Json> {
  const isList = metadata === 'ListMeta'
  const { fields } = await describe(example)
  const text = (name: string): Json => (fields.has(name) ? { description: fields.get(name) } : {})
  const about = { description: isList ? listMetadata : objectMetadata }
  const type = `${meta}.${metadata}`
  need(type)
  const reference = { $ref: referenceTo(type, version) }
  return {
    apiVersion: { ...text('apiVersion'), type: 'string' },
    kind: { ...text('kind'), type: 'string' },
    metadata: version === 2 ? { ...about, ...reference } : { ...about, allOf: [reference] },
  }
}

const withFields = (schema: Json, fields: Json): Json => ({
  ...schema,
  properties: { ...(schema.properties as Json | undefined), ...fields },
})

/** The schema with the fields of a resource wherever one is embedded. */
function filled(schema: Json, fields: Json): Json {
  const result = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties')
        return [
          key,
          Object.fromEntries(Object.entries(value as Json).map(([name, each]) => [name, filled(each as Json, fields)])),
        ]
      const isSchema = (key === 'items' || key === 'additionalProperties') && typeof value === 'object'
      return [key, isSchema ? filled(value as Json, fields) : value]
    }),
  )
  if (!(metadataPlace in result)) return result
  const { [metadataPlace]: _, ...rest } = result
  return withFields(rest, fields)
}
