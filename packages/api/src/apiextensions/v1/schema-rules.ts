import { type FieldError, forbiddenField, invalidValue, notSupported } from '@tandem/apimachinery'
import { additionalOf, itemSchemas, itemsOf, junctorsOf, propertiesOf, type Schema } from './json-schema.ts'
import { validateListTypes } from './list-type-rules.ts'
import { validateDefaults } from './schema-defaults.ts'
import { compileRules, validateRules } from './schema-expressions.ts'
import { validateStructural } from './structural-schema.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const resourceFields = ['metadata', 'kind', 'apiVersion']
const notAtRootWithStatus = [
  'id',
  '$schema',
  '$ref',
  'default',
  'enum',
  'maxProperties',
  'minProperties',
  'allOf',
  'oneOf',
  'anyOf',
  'not',
  'additionalProperties',
  'patternProperties',
  'dependencies',
  'additionalItems',
  'definitions',
  'nullable',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
] as const
const allowedAtRoot =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]'

/** The schema of one version, or of all. */
export function validateSchema(field: string, schema: Schema, { status }: { status: boolean }): FieldError[] {
  const errors = status ? validateRootWithStatus(field, schema) : []
  if (schema.nullable) errors.push(forbiddenField(`${field}.nullable`, 'nullable cannot be true at the root'))
  const structural = validateStructural(field, schema)
  errors.push(...(structural.length > 0 ? structural : validateDefaults(field, schema)))
  const found = validateBelow(field, schema, root)
  errors.push(...found)
  return structural.length + found.length > 0 ? errors : [...errors, ...compileBelow(field, schema, root)]
}

/** Status is written apart from the rest, and what judges the whole would judge it too. */
function validateRootWithStatus(field: string, schema: Schema): FieldError[] {
  if (schema.type !== undefined && schema.type !== 'object')
    return [
      invalidValue(
        `${field}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    ]
  return notAtRootWithStatus.some((name) => schema[name] !== undefined && schema[name] !== false)
    ? [
        invalidValue(
          field,
          schema,
          `only ${allowedAtRoot} fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      ]
    : []
}

/** What a schema is told by those around it. */
interface Surroundings {
  isRoot: boolean
  inResourceMeta: boolean
  /** Why nothing here may have a default. */
  noDefaults?: string
  uncorrelatable?: string
}

const root: Surroundings = { isRoot: true, inResourceMeta: false }

/** The schemas below one, each with what it is told. */
function* childrenOf(
  field: string,
  schema: Schema,
  around: Surroundings,
): Generator<{ field: string; schema: Schema; around: Surroundings; typed: boolean }> {
  const inside: Surroundings = { ...around, isRoot: false }
  const additional = additionalOf(schema)
  if (additional)
    yield {
      field: `${field}.additionalProperties`,
      schema: additional,
      around: around.inResourceMeta
        ? { ...inside, noDefaults: 'inside additionalProperties applying to object metadata' }
        : inside,
      typed: true,
    }
  for (const [name, property] of propertiesOf(schema)) {
    const isMeta = (around.isRoot || schema['x-kubernetes-embedded-resource']) && resourceFields.includes(name)
    const uncorrelatable =
      schema['x-kubernetes-map-type'] === 'atomic' ? (inside.uncorrelatable ?? field) : inside.uncorrelatable
    yield {
      field: `${field}.properties[${name}]`,
      schema: property,
      around: {
        ...inside,
        ...(uncorrelatable !== undefined && { uncorrelatable }),
        ...(isMeta && { inResourceMeta: true }),
        ...(isMeta && around.isRoot && { noDefaults: `in top-level ${name}` }),
      },
      typed: true,
    }
  }
  const listed =
    schema['x-kubernetes-list-type'] === 'map' ? inside : { ...inside, uncorrelatable: inside.uncorrelatable ?? field }
  const items = itemsOf(schema)
  if (items) yield { field: `${field}.items`, schema: items, around: listed, typed: true }
  for (const junctor of junctorsOf(schema, field)) yield { ...junctor, around: inside, typed: false }
}

function validateBelow(field: string, schema: Schema, around: Surroundings): FieldError[] {
  return [
    ...validateFields(field, schema, around),
    ...validateListTypes(field, schema),
    ...validateRules(field, schema),
    ...[...childrenOf(field, schema, around)].flatMap((child) =>
      validateBelow(child.field, child.schema, child.around),
    ),
  ]
}

function validateFields(field: string, schema: Schema, { inResourceMeta, noDefaults }: Surroundings): FieldError[] {
  const errors: FieldError[] = []
  const forbid = (name: string, why: string) => errors.push(forbiddenField(`${field}.${name}`, why))
  if (schema.type && !types.includes(schema.type)) errors.push(notSupported(`${field}.type`, schema.type, types))
  if (schema.default !== undefined && noDefaults !== undefined) forbid('default', `must not be set ${noDefaults}`)
  for (const name of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const) {
    const value = schema[name]
    const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
    if (value !== undefined && value !== '' && (!isEmpty || name === 'additionalItems'))
      forbid(name, `${name} is not supported`)
  }
  if (schema.type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative')
  if (itemSchemas(schema).length > 0) forbid('items', 'items must be a schema object and not an array')
  if (inResourceMeta && schema['x-kubernetes-embedded-resource'])
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta')
  if (schema.uniqueItems)
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  if (
    Object.keys(schema.properties ?? {}).length > 0 &&
    (additionalOf(schema) || schema.additionalProperties === false)
  )
    forbid('additionalProperties', 'additionalProperties and properties are mutual exclusive')
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidValue(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  return errors
}

/** Rules are compiled once everything else is right: only then is there a type to compile them against. */
function compileBelow(field: string, schema: Schema, around: Surroundings): FieldError[] {
  return [
    ...compileRules(field, schema, {
      isResource: around.isRoot || schema['x-kubernetes-embedded-resource'] === true,
      uncorrelatable: around.uncorrelatable,
    }),
    ...[...childrenOf(field, schema, around)]
      .filter(({ typed }) => typed)
      .flatMap((child) => compileBelow(child.field, child.schema, child.around)),
  ]
}
