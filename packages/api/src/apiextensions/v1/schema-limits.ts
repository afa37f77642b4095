import { type FieldError, invalidValue, tooLong, tooMany } from '@tandem/apimachinery'
import { RE2JS } from 're2js'
import { isMembers } from './copied-members.ts'
import type { Schema } from './json-schema.ts'
import type { Place } from './schema-values.ts'

/** Bounds of numbers, and how long texts, lists and maps may be. */
export function limits(place: Place, value: unknown, schema: Schema): FieldError[] {
  if (typeof value === 'number') return numberLimits(place, value, schema)
  if (typeof value === 'string') return stringLimits(place, value, schema)
  if (Array.isArray(value)) return listLimits(place, value.length, schema)
  return isMembers(value) ? mapLimits(place, value, schema) : []
}

const whole: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 }
const largestFloat = 3.4028234663852886e38

function rangeFault({ name }: Place, value: number, { type, format = '' }: Schema): FieldError[] {
  const size = type === 'integer' ? (whole[format] ?? 2 ** 63) : undefined
  const outside =
    size === undefined
      ? type === 'number' && format === 'float' && Math.abs(value) > largestFloat
      : value >= size || value < -size
  if (!outside) return []
  const form =
    format && (format in whole || format === 'float' || format === 'double')
      ? `with format ${format}`
      : '(default format)'
  return [invalidValue('<nil>', '', `Checked value must be of type ${type} ${form} in ${name}`)]
}

function numberLimits(place: Place, value: number, schema: Schema): FieldError[] {
  const { field, name } = place
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
  const errors = rangeFault(place, value, schema)
  const check = (holds: boolean, rule: string) => {
    if (!holds) errors.push(invalidValue(field, value, `${name} in body ${rule}`))
  }
  if (multipleOf) check(isMultiple(value, multipleOf), `should be a multiple of ${multipleOf}`)
  if (maximum !== undefined)
    check(
      exclusiveMaximum ? value < maximum : value <= maximum,
      `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`,
    )
  if (minimum !== undefined)
    check(
      exclusiveMinimum ? value > minimum : value >= minimum,
      `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
    )
  return errors
}

/** As upstream, which divides by fractions the other way round. */
const isMultiple = (value: number, of: number): boolean =>
  Number.isInteger(Math.abs(of) < 1 ? (1 / of) * value : value / of)

const patterns = new Map<string, RE2JS>()
const rememberedPatterns = 1000

/** Patterns are Go's: they take time in proportion to the text. */
function patternOf(source: string): RE2JS {
  let pattern = patterns.get(source)
  if (!pattern) {
    if (patterns.size >= rememberedPatterns) patterns.clear()
    pattern = RE2JS.compile(source)
    patterns.set(source, pattern)
  }
  return pattern
}

function stringLimits({ field, name }: Place, value: string, schema: Schema): FieldError[] {
  const { minLength, maxLength, pattern } = schema
  if (minLength === undefined && maxLength === undefined && !pattern) return []
  const length = [...value].length
  const errors: FieldError[] = []
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(field, maxLength))
  if (minLength !== undefined && length < minLength)
    errors.push(invalidValue(field, value, `${name} in body should be at least ${minLength} chars long`))
  if (pattern && !patternOf(pattern).matcher(value).find())
    errors.push(invalidValue(field, value, `${name} in body should match '${pattern}'`))
  return errors
}

function listLimits({ field, name }: Place, length: number, { minItems, maxItems }: Schema): FieldError[] {
  const errors: FieldError[] = []
  if (minItems !== undefined && length < minItems)
    errors.push(invalidValue(field, length, `${name} in body should have at least ${minItems} items`))
  if (maxItems !== undefined && length > maxItems) errors.push(tooMany(field, length, maxItems))
  return errors
}

function mapLimits({ field, name }: Place, value: object, { minProperties, maxProperties }: Schema): FieldError[] {
  if (minProperties === undefined && maxProperties === undefined) return []
  const count = Object.keys(value).length
  const errors: FieldError[] = []
  if (minProperties !== undefined && count < minProperties)
    errors.push(invalidValue(field, count, `${name} in body should have at least ${minProperties} properties`))
  if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(field, count, maxProperties))
  return errors
}
