import { type FieldError, invalidValue, semanticallyEqual } from '@tandem/apimachinery'
import { itemsOf, propertiesOf, type Schema } from './json-schema.ts'
import { pruned } from './schema-pruning.ts'
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
