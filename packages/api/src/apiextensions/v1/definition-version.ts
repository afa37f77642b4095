import { duplicate, type FieldError, invalidValue, required, tooMany } from '@tandem/apimachinery'
import { type Schema, schemaAt } from './json-schema.ts'
import type { CustomResourceColumnDefinition, CustomResourceSubresources, SelectableField } from './types.ts'

const maxSelectableFields = 8
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

export function validateDeprecation(
  field: string,
  { deprecated, deprecationWarning: warning }: { deprecated?: boolean; deprecationWarning?: string },
): FieldError[] {
  if (warning === undefined) return []
  const refuse = (why: string): FieldError => invalidValue(field, warning, why)
  if (!deprecated) return [refuse('can only be set for deprecated versions')]
  const odd = [...warning].findIndex((character) => /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(character))
  return [
    ...(Buffer.byteLength(warning) > 256 ? [refuse('must be <= 256 characters long')] : []),
    ...(warning === '' ? [refuse('must not be an empty string')] : []),
    ...(odd >= 0
      ? [
          refuse(
            `must only contain printable UTF-8 characters; non-printable character found at index ${Buffer.byteLength([...warning].slice(0, odd).join(''))}`,
          ),
        ]
      : []),
  ]
}

export function validateColumn(field: string, column: CustomResourceColumnDefinition): FieldError[] {
  const { name, type, format, jsonPath } = column
  const oneOf = `must be one of ${columnTypes.join(',')}`
  return [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(type ? [] : [required(`${field}.type`, oneOf)]),
    ...(type && !columnTypes.includes(type) ? [invalidValue(`${field}.type`, type, oneOf)] : []),
    ...(format && !columnFormats.includes(format)
      ? [invalidValue(`${field}.format`, format, `must be one of ${columnFormats.join(',')}`)]
      : []),
    ...(jsonPath ? simplePath(`${field}.JSONPath`, jsonPath) : [required(`${field}.JSONPath`)]),
  ]
}

const simplePath = (field: string, path: string): FieldError[] =>
  path.startsWith('.') ? [] : [invalidValue(field, path, 'must be a simple json path starting with .')]

export function validateSubresources(field: string, { scale }: CustomResourceSubresources): FieldError[] {
  if (!scale) return []
  const below = (name: string, path: string | undefined, roots: readonly string[], where: string): FieldError[] => {
    const at = `${field}.scale.${name}`
    if (!path) return [required(at)]
    const faults = simplePath(at, path)
    if (faults.length > 0 || roots.some((start) => path.startsWith(start))) return faults
    return [invalidValue(at, path, `should be a json path under ${where}`)]
  }
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  return [
    ...below('specReplicasPath', specReplicasPath, ['.spec.'], '.spec'),
    ...below('statusReplicasPath', statusReplicasPath, ['.status.'], '.status'),
    ...(labelSelectorPath
      ? below('labelSelectorPath', labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status')
      : []),
  ]
}

export function validateSelectableFields(
  field: string,
  fields: readonly SelectableField[],
  schema: Schema,
): FieldError[] {
  const seen = new Set<string>()
  const errors = fields.flatMap(({ jsonPath }, index) => {
    const at = `${field}[${index}].jsonPath`
    if (!jsonPath) return [required(at)]
    const found = schemaAt(jsonPath, schema, { brackets: false })
    if ('fault' in found) return [invalidValue(at, jsonPath, `is an invalid path: ${found.fault}`)]
    const path = found.steps.join('.')
    const isRepeated = seen.has(path)
    seen.add(path)
    return [
      ...(found.steps[0] === 'metadata' ? [invalidValue(at, jsonPath, 'must not point to fields in metadata')] : []),
      ...(['string', 'boolean', 'integer'].includes(found.schema.type ?? '')
        ? []
        : [
            invalidValue(
              at,
              jsonPath,
              'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
            ),
          ]),
      ...(isRepeated ? [duplicate(at, jsonPath)] : []),
    ]
  })
  return seen.size > maxSelectableFields ? [...errors, tooMany(field, seen.size, maxSelectableFields)] : errors
}
