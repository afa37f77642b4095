import { type FieldError, invalidValue, validatePercent } from '@tandem/apimachinery'
import { invalidEach, nonNegative } from '../../core/v1/field-checks.ts'

export type IntOrPercent = number | string

/** Fields such as `maxUnavailable`: a count, or a share of all as `25%`. */
export const validatePositiveIntOrPercent = (field: string, value: IntOrPercent): FieldError[] =>
  typeof value === 'string' ? invalidEach(field, value, validatePercent(value)) : nonNegative(field, value)

export const validateNotMoreThan100Percent = (field: string, value: IntOrPercent): FieldError[] =>
  (percentage(value) ?? 0) > 100 ? [invalidValue(field, value, 'must not be greater than 100%')] : []

/** The number itself, or the digits of a percentage. */
export const intOrPercentValue = (value: IntOrPercent | undefined): number => {
  if (typeof value !== 'string') return value ?? 0
  return percentage(value) ?? (Number.parseInt(value, 10) || 0)
}

/** How many of `total` a count or share is. A share is rounded as asked, since neither way suits both surge and unavailability. */
export function scaledValue(value: IntOrPercent, { total, round }: { total: number; round: 'up' | 'down' }): number {
  if (typeof value === 'number') return value
  const share = percentage(value)
  if (share === undefined) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`)
  return round === 'up' ? Math.ceil((share * total) / 100) : Math.floor((share * total) / 100)
}

const percentage = (value: IntOrPercent): number | undefined =>
  typeof value === 'string' && validatePercent(value).length === 0 ? Number.parseInt(value, 10) : undefined
