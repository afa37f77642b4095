import {
  type FieldError,
  invalidValue,
  notSupported,
  required,
  semanticallyEqual,
  typeInvalid,
} from '@tandem/apimachinery'
import { RE2JS } from 're2js'
import { additionalOf, itemsOf, propertiesOf, type Schema } from './json-schema.ts'

const typeName = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function hasType(value: unknown, schema: Schema): boolean {
  const actual = typeName(value)
  if (schema['x-kubernetes-int-or-string']) return actual === 'integer' || actual === 'string'
  return !schema.type || schema.type === actual || (schema.type === 'number' && actual === 'integer')
}

interface Place {
  /** Where the value is. */
  field: string
  /** The same, from the schema's own root: what messages name. */
  name: string
}

const within = ({ field, name }: Place, step: string): Place => ({
  field: `${field}.${step}`,
  name: name ? `${name}.${step}` : step,
})

/** What is wrong with a value by a schema, in the words of upstream's validator. */
export function validateValue(place: Place, value: unknown, schema: Schema): FieldError[] {
  if (value === null && schema.nullable) return []
  const { field, name } = place
  if (!hasType(value, schema)) {
    const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type
    const actual = typeName(value)
    return [typeInvalid(field, actual, `${name} in body must be of type ${wanted}: "${actual}"`)]
  }
  const errors = schema.enum && !schema.enum.some((each) => semanticallyEqual(each, value)) ? [unsupported()] : []
  errors.push(...limits(place, value, schema), ...junctors(place, value, schema))
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items)
      for (const [index, item] of value.entries())
        errors.push(...validateValue({ field: `${field}[${index}]`, name: `${name}[${index}]` }, item, items))
  } else if (typeof value === 'object' && value !== null)
    errors.push(...members(place, value as Record<string, unknown>, schema))
  return errors

  function unsupported(): FieldError {
    return notSupported(
      field,
      value,
      (schema.enum ?? []).map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    )
  }
}

function members(place: Place, value: Record<string, unknown>, schema: Schema): FieldError[] {
  const additional = additionalOf(schema)
  const known = new Map(propertiesOf(schema))
  return [
    ...(schema.required ?? [])
      .filter((name) => !Object.hasOwn(value, name))
      .map((name) => required(within(place, name).field)),
    ...Object.entries(value).flatMap(([name, member]) => {
      const described = known.get(name) ?? additional
      return described ? validateValue(within(place, name), member, described) : []
    }),
  ]
}

function limits({ field, name }: Place, value: unknown, schema: Schema): FieldError[] {
  const errors: FieldError[] = []
  const check = (holds: boolean, rule: string) => {
    if (!holds) errors.push(invalidValue(field, value, `${name} in body ${rule}`))
  }
  if (typeof value === 'number') {
    const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
    if (minimum !== undefined)
      check(
        exclusiveMinimum ? value > minimum : value >= minimum,
        `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
      )
    if (maximum !== undefined)
      check(
        exclusiveMaximum ? value < maximum : value <= maximum,
        `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`,
      )
    if (multipleOf) check(Number.isInteger(value / multipleOf), `should be a multiple of ${multipleOf}`)
  }
  if (typeof value === 'string') {
    const length = [...value].length
    const { minLength, maxLength, pattern } = schema
    if (minLength !== undefined) check(length >= minLength, `should be at least ${minLength} chars long`)
    if (maxLength !== undefined) check(length <= maxLength, `should be at most ${maxLength} chars long`)
    if (pattern) check(RE2JS.compile(pattern).matcher(value).find(), `should match '${pattern}'`)
  }
  if (Array.isArray(value)) {
    const { minItems, maxItems } = schema
    if (minItems !== undefined) check(value.length >= minItems, `should have at least ${minItems} items`)
    if (maxItems !== undefined) check(value.length <= maxItems, `should have at most ${maxItems} items`)
  } else if (typeof value === 'object' && value !== null) {
    const count = Object.keys(value).length
    const { minProperties, maxProperties } = schema
    if (minProperties !== undefined) check(count >= minProperties, `should have at least ${minProperties} properties`)
    if (maxProperties !== undefined) check(count <= maxProperties, `should have at most ${maxProperties} properties`)
  }
  return errors
}

function junctors(place: Place, value: unknown, schema: Schema): FieldError[] {
  const { field, name } = place
  const holds = (each: Schema): boolean => validateValue(place, value, each).length === 0
  const told = (rule: string): FieldError => invalidValue(field, value, `${name || '<nil>'} in body ${rule}`)
  const { allOf = [], anyOf = [], oneOf = [], not } = schema
  return [
    ...allOf.flatMap((each) => validateValue(place, value, each)),
    ...(anyOf.length > 0 && !anyOf.some(holds) ? [told('must validate at least one schema (anyOf)')] : []),
    ...(oneOf.length > 0 && oneOf.filter(holds).length !== 1
      ? [told('must validate one and only one schema (oneOf)')]
      : []),
    ...(not && holds(not) ? [told('must not validate the schema (not)')] : []),
  ]
}
