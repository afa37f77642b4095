import { type FieldError, forbiddenField, invalidValue, required } from '@tandem/apimachinery'
import { patternFault } from '@tandem/apimachinery/cel/literal-checks'
import {
  additionalOf,
  isIntOrStringAllOf,
  isIntOrStringAnyOf,
  itemsOf,
  junctorsOf,
  propertiesOf,
  type Schema,
} from './json-schema.ts'

type Level = 'root' | 'items' | 'field'

/**
 * What makes a schema structural: every field has a type, said outside of `allOf`, `anyOf`, `oneOf` and `not`, and what those speak of
 * is there. Only then can the server tell which fields an object may have.
 */
export const validateStructural = (field: string, schema: Schema): FieldError[] =>
  [...invariants(field, schema, 'root'), ...completeness(field, schema)].sort((a, b) =>
    `${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1,
  )

function invariants(field: string, schema: Schema, level: Level): FieldError[] {
  const items = itemsOf(schema)
  const additional = additionalOf(schema)
  return [
    ...(schema.type === 'array' && !items ? [required(`${field}.items`, 'must be specified')] : []),
    ...(items ? invariants(`${field}.items`, items, 'items') : []),
    ...propertiesOf(schema).flatMap(([name, each]) => invariants(`${field}.properties[${name}]`, each, 'field')),
    ...(schema.additionalProperties !== undefined && level === 'root'
      ? [forbiddenField(`${field}.additionalProperties`, 'must not be used at the root')]
      : []),
    ...(additional ? invariants(`${field}.additionalProperties`, additional, 'field') : []),
    ...extensions(field, schema),
    ...valueValidation(field, schema, {
      skipAnyOf: isIntOrStringAnyOf(schema),
      skipFirstAllOf: isIntOrStringAllOf(schema),
    }),
    ...types(field, schema, level),
    ...metadata(field, schema, level),
  ]
}

function extensions(field: string, schema: Schema): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return []
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const).flatMap((name) =>
    schema[name] ? [invalidValue(`${field}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true')] : [],
  )
}

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  items: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function types(field: string, schema: Schema, level: Level): FieldError[] {
  const { type = '', properties = {} } = schema
  const embedded = schema['x-kubernetes-embedded-resource']
  const preserves = schema['x-kubernetes-preserve-unknown-fields']
  const errors: FieldError[] = []
  if (embedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type ? invalidValue(`${field}.type`, type, why) : required(`${field}.type`, why))
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !preserves)
    errors.push(required(`${field}.type`, emptyType[level]))
  if (embedded && schema.additionalProperties !== undefined)
    errors.push(
      forbiddenField(`${field}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    )
  if (level === 'root' && type && type !== 'object')
    errors.push(invalidValue(`${field}.type`, type, 'must be object at the root'))
  if (embedded && !preserves && Object.keys(properties).length === 0)
    errors.push(
      required(
        `${field}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  return errors
}

/** What every object has is described by the server; a schema may only narrow its names. */
function metadata(field: string, schema: Schema, level: Level): FieldError[] {
  const { properties = {} } = schema
  if (level !== 'root' && !schema['x-kubernetes-embedded-resource']) return []
  const errors = (['kind', 'apiVersion'] as const).flatMap((name) =>
    properties[name] && properties[name].type !== 'string'
      ? [invalidValue(`${field}.properties[${name}].type`, properties[name].type ?? '', 'must be string')]
      : [],
  )
  const { metadata } = properties
  if (!metadata) return errors
  const at = `${field}.properties[metadata]`
  if (metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'))
  const { type: _, default: _default, properties: names = {}, ...rest } = metadata
  const onlyNames = Object.keys(names).every((name) => name === 'name' || name === 'generateName')
  if (level === 'root' && (Object.keys(rest).length > 0 || !onlyNames))
    errors.push(
      forbiddenField(
        at,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  return errors
}

interface Skips {
  skipAnyOf?: boolean
  skipFirstAllOf?: boolean
}

function valueValidation(field: string, schema: Schema, { skipAnyOf, skipFirstAllOf }: Skips = {}): FieldError[] {
  const fault = schema.pattern ? patternFault(schema.pattern) : undefined
  return [
    ...[...junctorsOf(schema, field)].flatMap((junctor) => {
      if (skipAnyOf && junctor.field.startsWith(`${field}.anyOf[`)) return []
      return nested(junctor.field, junctor.schema, {
        skipAnyOf: skipFirstAllOf === true && junctor.field === `${field}.allOf[0]`,
      })
    }),
    ...(fault
      ? [invalidValue(`${field}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${fault}`)]
      : []),
  ]
}

const emptyFields = ['type', 'title', 'description'] as const
const falseFields = [
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const
const undefinedFields = ['default', 'x-kubernetes-list-type', 'x-kubernetes-map-type'] as const

/** Below a junctor values are judged, and nothing is said of how they are built. */
function nested(field: string, schema: Schema, skips: Skips = {}): FieldError[] {
  const items = itemsOf(schema)
  const forbid = (name: string, why: string): FieldError =>
    forbiddenField(`${field}.${name}`, `${why} to be structural`)
  return [
    ...valueValidation(field, schema, skips),
    ...(items ? nested(`${field}.items`, items) : []),
    ...propertiesOf(schema).flatMap(([name, each]) => nested(`${field}.properties[${name}]`, each)),
    ...emptyFields.flatMap((name) => (schema[name] ? [forbid(name, 'must be empty')] : [])),
    ...(schema.additionalProperties === undefined || schema.additionalProperties === false
      ? []
      : [forbid('additionalProperties', 'must be undefined')]),
    ...undefinedFields.flatMap((name) => (schema[name] === undefined ? [] : [forbid(name, 'must be undefined')])),
    ...falseFields.flatMap((name) => (schema[name] ? [forbid(name, 'must be false')] : [])),
    ...(schema['x-kubernetes-list-map-keys']?.length ? [forbid('x-kubernetes-list-map-keys', 'must be empty')] : []),
    ...(schema['x-kubernetes-validations']?.length ? [forbid('x-kubernetes-validations', 'must be empty')] : []),
    ...(schema.properties?.metadata
      ? [forbiddenField(`${field}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
  ]
}

/** What junctors speak of is described outside of them. */
const completeness = (field: string, schema: Schema): FieldError[] =>
  [...junctorsOf(schema, field)].flatMap((junctor) => missing(junctor, { field, schema }))

interface Described {
  field: string
  schema: Schema | undefined
}

function missing(value: { field: string; schema: Schema }, { field, schema }: Described): FieldError[] {
  if (!schema) return [required(field, `because it is defined in ${value.field}`)]
  const items = itemsOf(value.schema)
  return [
    ...[...junctorsOf(value.schema, value.field)].flatMap((junctor) => missing(junctor, { field, schema })),
    ...(items
      ? missing({ field: `${value.field}.items`, schema: items }, { field: `${field}.items`, schema: itemsOf(schema) })
      : []),
    ...propertiesOf(value.schema).flatMap(([name, each]) =>
      missing(
        { field: `${value.field}.properties[${name}]`, schema: each },
        { field: `${field}.properties[${name}]`, schema: schema.properties?.[name] },
      ),
    ),
  ]
}
