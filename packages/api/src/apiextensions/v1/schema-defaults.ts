import { type FieldError, invalidValue, semanticallyEqual } from '@tandem/apimachinery'
import { additionalOf, itemsOf, propertiesOf, type Schema } from './json-schema.ts'
import { validateValue } from './schema-values.ts'

/** Every default is a value that its schema allows, and that it would keep whole. */
export function validateDefaults(field: string, schema: Schema): FieldError[] {
  const items = itemsOf(schema)
  return [
    ...(schema.default === undefined ? [] : validateDefault(`${field}.default`, schema.default, schema)),
    ...(items ? validateDefaults(`${field}.items`, items) : []),
    ...propertiesOf(schema).flatMap(([name, each]) => validateDefaults(`${field}.properties[${name}]`, each)),
  ]
}

const validateDefault = (field: string, value: unknown, schema: Schema): FieldError[] => [
  ...(semanticallyEqual(pruned(value, schema), value)
    ? []
    : [invalidValue(field, value, 'must not have unknown fields')]),
  ...validateValue({ field, name: '' }, value, schema),
]

/** The value without the fields that the schema does not know. */
function pruned(value: unknown, schema: Schema): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.map((item) => pruned(item, items)) : value
  }
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  const resource = schema['x-kubernetes-embedded-resource'] ? ['apiVersion', 'kind', 'metadata'] : []
  const known = new Map(propertiesOf(schema))
  const additional = additionalOf(schema)
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const described = known.get(name) ?? additional
      if (described) return [[name, pruned(member, described)]]
      return keepsAll || resource.includes(name) ? [[name, member]] : []
    }),
  )
}
