import {
  compareQuantities,
  type FieldError,
  forbiddenField,
  invalidValue,
  parseQuantity,
  required,
} from '@tandem/apimachinery'
import { validateBounded } from './bounded.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from './types.ts'

const maxValues = 10
const wholeValue = (quantity: string): bigint => {
  const { nanos } = parseQuantity(quantity)
  const one = 1_000_000_000n
  return nanos >= 0n ? (nanos + one - 1n) / one : nanos / one
}

/** How much of a capacity may be asked for at once, and how much is when nothing is said. */
export function validateRequestPolicy(
  field: string,
  capacity: string,
  { default: preset, validValues = [], validRange }: CapacityRequestPolicy,
): FieldError[] {
  if (validValues.length > 0 && validRange)
    return [
      forbiddenField(
        field,
        'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
      ),
    ]
  if (validValues.length > 0)
    return preset === undefined
      ? [required(`${field}.default`, 'required when validValues is defined')]
      : validateValues(`${field}.validValues`, validValues, { preset, capacity })
  if (!validRange) return []
  return preset === undefined
    ? [required(`${field}.default`, 'required when validRange is defined')]
    : validateRange(`${field}.validRange`, validRange, { preset, capacity })
}

interface Limits {
  preset: string
  capacity: string
}

function validateValues(field: string, values: readonly string[], { preset, capacity }: Limits): FieldError[] {
  return [
    ...values.flatMap((value, index) =>
      index > 0 && compareQuantities(values[index - 1] ?? '0', value) > 0
        ? [invalidValue(`${field}[${index}]`, value, 'values must be sorted in ascending order')]
        : [],
    ),
    ...validateBounded(field, values, {
      max: maxValues,
      validate: (at, value) =>
        compareQuantities(value, capacity) > 0
          ? [invalidValue(at, value, `option is larger than capacity value: ${capacity}`)]
          : [],
      key: (value) => String(wholeValue(value)),
    }),
    ...(values.some((value) => compareQuantities(value, preset) === 0)
      ? []
      : [invalidValue(field, preset, 'default value is not valid according to the requestPolicy')]),
  ]
}

function validateRange(
  field: string,
  { min, max, step }: CapacityRequestPolicyRange,
  { preset, capacity }: Limits,
): FieldError[] {
  if (min === undefined) return [required(`${field}.min`, 'required when validRange is defined')]
  const errors: FieldError[] = []
  const refuse = (name: 'min' | 'max' | 'step', value: string, why: string) =>
    errors.push(invalidValue(`${field}.${name}`, value, why))
  if (compareQuantities(min, capacity) > 0) refuse('min', min, `min is larger than capacity value: ${capacity}`)
  if (compareQuantities(preset, min) < 0) refuse('min', preset, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (compareQuantities(min, max) > 0) refuse('max', min, `min is larger than max: ${max}`)
    if (compareQuantities(max, capacity) > 0) refuse('max', max, `max is larger than capacity value: ${capacity}`)
    if (compareQuantities(preset, max) > 0) refuse('max', preset, `default is more than max: ${max}`)
  }
  if (step === undefined) return errors
  const [least, by] = [wholeValue(min), wholeValue(step)]
  if (least + by > wholeValue(capacity))
    refuse('step', step, `one step ${least + by} is larger than capacity value: ${capacity}`)
  for (const value of [preset, ...(max === undefined ? [] : [max])])
    if (by === 0n || (wholeValue(value) - least) % by !== 0n)
      refuse('step', value, `value is not a multiple of a given step (${step}) from (${min})`)
  return errors
}
