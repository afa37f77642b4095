import { equalJson, type FieldError, invalidValue, notSupported, required, typeInvalid } from '@tandem/apimachinery'
import { isMembers, type Members } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema } from './json-schema.ts'
import { keyedElement } from './keyed-element.ts'
import { limits } from './schema-limits.ts'
import { formatFault } from './value-formats.ts'

const typeName = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function hasType(actual: string, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string']) return actual === 'integer' || actual === 'string'
  return !schema.type || schema.type === actual || (schema.type === 'number' && actual === 'integer')
}

export interface Place {
  /** Where the value is. */
  field: string
  /** The same, from the schema's own root: what messages name. */
  name: string
}

/** What stood in the value's place before an update, where that can be told. */
export type Before = { readonly value: unknown } | undefined

/**
 * What is wrong with a value by a schema, in the words of upstream's validator. What was there before, and was not changed, may stay as
 * it is, whatever is wrong with it.
 */
export function validateValue(place: Place, value: unknown, schema: Schema, before?: Before): FieldError[] {
  const faults = judge(place, value, schema, before)
  return faults.length > 0 && before && equalJson(value, before.value) ? [] : faults
}

function judge(place: Place, value: unknown, schema: Schema, before: Before): FieldError[] {
  const { field, name } = place
  if (value === null && schema.nullable) return []
  const actual = typeName(value)
  if (!hasType(actual, schema)) {
    const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type
    return [typeInvalid(field, actual, `${name} in body must be of type ${wanted}: "${actual}"`)]
  }
  const errors: FieldError[] = []
  if (schema.enum && !schema.enum.some((each) => equalJson(each, value)))
    errors.push(notSupported(field, value, schema.enum.map(shownChoice)))
  if (value === null) return errors
  errors.push(...junctors(place, value, schema, before))
  if (typeof value === 'string' && schema.format) errors.push(...formatFault(place, value, schema))
  errors.push(...limits(place, value, schema))
  if (Array.isArray(value)) errors.push(...items(place, value, schema, before))
  else if (isMembers(value)) errors.push(...members(place, value, schema, before))
  return errors
}

const shownChoice = (choice: unknown): string => (typeof choice === 'string' ? choice : JSON.stringify(choice))

function items({ field, name }: Place, list: readonly unknown[], schema: Schema, before: Before): FieldError[] {
  const each = itemsOf(schema)
  if (!each) return []
  return list.flatMap((item, index) =>
    validateValue({ field: `${field}[${index}]`, name: `${name}[${index}]` }, item, each, elementBefore(item)),
  )

  function elementBefore(item: unknown): Before {
    if (!before || !Array.isArray(before.value) || schema['x-kubernetes-list-type'] !== 'map') return undefined
    const found = keyedElement(before.value, item, schema)
    return found === undefined ? undefined : { value: found }
  }
}

function members(place: Place, value: Members, schema: Schema, before: Before): FieldError[] {
  const errors: FieldError[] = []
  const additional = additionalOf(schema)
  const was = before && isMembers(before.value) ? before.value : undefined
  for (const name in value) {
    const described = propertyOf(schema, name) ?? additional
    if (!described) {
      if (schema.additionalProperties === false)
        errors.push(invalidValue(place.field, name, `${place.name}.${name} in body is a forbidden property`))
      continue
    }
    // Both are told in the version of the request: what kind of object it is cannot have been otherwise.
    const isType = place.name === '' && (name === 'apiVersion' || name === 'kind')
    const memberBefore = was && !isType && Object.hasOwn(was, name) ? { value: was[name] } : undefined
    errors.push(...validateValue(within(place, name), value[name], described, memberBefore))
  }
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(value, name)) errors.push(required(within(place, name).field))
  return errors
}

const within = ({ field, name }: Place, step: string): Place => ({
  field: field ? `${field}.${step}` : step,
  name: name ? `${name}.${step}` : step,
})

function junctors(place: Place, value: unknown, schema: Schema, before: Before): FieldError[] {
  const { allOf, anyOf, oneOf, not } = schema
  if (!allOf && !anyOf && !oneOf && !not) return []
  const judged = (each: Schema): FieldError[] => judge(place, value, each, before)
  const errors: FieldError[] = []
  const told = (rule: string) => errors.push(invalidValue('<nil>', '', `${JSON.stringify(place.name)} ${rule}`))
  const any = anyOf?.map(judged)
  if (any?.every((faults) => faults.length > 0)) {
    told('must validate at least one schema (anyOf)')
    errors.push(...fewest(any))
  }
  const one = oneOf?.map(judged)
  const valid = one?.filter((faults) => faults.length === 0).length ?? 1
  if (one && valid !== 1) {
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
    told(`must validate one and only one schema (oneOf). ${found}`)
    if (valid === 0) errors.push(...fewest(one))
  }
  const all = allOf?.map(judged) ?? []
  errors.push(...all.flat())
  const failed = all.filter((faults) => faults.length > 0).length
  if (failed > 0) told(`must validate all the schemas (allOf)${failed === all.length ? '. None validated' : ''}`)
  if (not && judged(not).length === 0) told('must not validate the schema (not)')
  return errors
}

/** What is nearest to being right says best what is wrong. */
const fewest = (faults: readonly FieldError[][]): FieldError[] =>
  faults.reduce((least, each) => (each.length < least.length ? each : least), faults[0] ?? [])
