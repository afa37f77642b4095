import { type FieldError, invalidValue, required, tooLong, tooMany } from '@tandem/apimachinery'
import { nonNegative } from '../../core/v1/field-checks.ts'
import { countIndexes, parseIndexIntervals } from './index-intervals.ts'
import type { JobSpec, SuccessPolicyRule } from './types.ts'

const limits = { rules: 20, indexesBytes: 64 * 1024 }

export function validateSuccessPolicy(field: string, { successPolicy, completions = 0 }: JobSpec): FieldError[] {
  const rules = successPolicy?.rules ?? []
  const at = `${field}.rules`
  const errors: FieldError[] = []
  if (rules.length === 0)
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'))
  if (rules.length > limits.rules) errors.push(tooMany(at, rules.length, limits.rules))
  return [...errors, ...rules.flatMap((rule, index) => validateRule(`${at}[${index}]`, rule, completions))]
}

function validateRule(field: string, rule: SuccessPolicyRule, completions: number): FieldError[] {
  const { succeededIndexes, succeededCount } = rule
  if (succeededIndexes === undefined && succeededCount === undefined)
    return [required(field, 'at least one of succeededCount or succeededIndexes must be specified')]
  const errors: FieldError[] = []
  let named: number | undefined
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`
    if (succeededIndexes.length > limits.indexesBytes) errors.push(tooLong(at, limits.indexesBytes))
    try {
      named = countIndexes(parseIndexIntervals(succeededIndexes, completions))
    } catch (error) {
      named = 0
      errors.push(invalidValue(at, succeededIndexes, `error parsing succeededIndexes: ${(error as Error).message}`))
    }
  }
  if (succeededCount === undefined) return errors
  const at = `${field}.succeededCount`
  errors.push(...nonNegative(at, succeededCount))
  const limit = (most: number, what: string): void => {
    if (succeededCount > most)
      errors.push(invalidValue(at, succeededCount, `must be less than or equal to ${most} (${what})`))
  }
  limit(completions, 'the number of specified completions')
  if (named !== undefined) limit(named, 'the number of indexes in the specified succeededIndexes field')
  return errors
}
