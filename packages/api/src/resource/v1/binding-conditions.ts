import { duplicate, type FieldError, invalidValue, validateLabelName } from '@tandem/apimachinery'
import { validateBounded } from './bounded.ts'

const max = 4

export interface BindingConditions {
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
}

/** What must be told of a device before a pod is bound, and what tells that it never will be: one with the other. */
export function validateBindingConditions(
  field: string,
  { bindingConditions = [], bindingFailureConditions = [] }: BindingConditions,
): FieldError[] {
  const [at, failureAt] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`]
  const repeated = (list: string, values: readonly string[]): FieldError[] =>
    values.flatMap((value, index) => (values.indexOf(value) < index ? [duplicate(`${list}[${index}]`, value)] : []))
  const validate = (each: string, type: string): FieldError[] => validateLabelName(type, each)
  const errors = [
    ...validateBounded(at, bindingConditions, { max, validate }),
    ...validateBounded(failureAt, bindingFailureConditions, { max, validate }),
    ...repeated(at, bindingConditions),
    ...repeated(failureAt, bindingFailureConditions),
    ...bindingFailureConditions.flatMap((condition, index) =>
      bindingConditions.includes(condition)
        ? [
            invalidValue(
              `${failureAt}[${index}]`,
              condition,
              'bindingFailureConditions must not overlap with bindingConditions',
            ),
          ]
        : [],
    ),
  ]
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0)
    errors.push(invalidValue(at, bindingConditions, 'bindingConditions are required to use bindingFailureConditions'))
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0)
    errors.push(
      invalidValue(
        failureAt,
        bindingFailureConditions,
        'bindingFailureConditions are required to use bindingConditions',
      ),
    )
  return errors
}
