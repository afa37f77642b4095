import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  tooLong,
  validateLabelName,
} from '@tandem/apimachinery'
import type { Condition } from './types.ts'

const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reason = new RegExp(`^(?:${reasonPattern})$`)

/** Every fault of a status' list of conditions. */
export function validateConditions(field: string, conditions: readonly Condition[] = []): FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap((condition, index) => {
    const at = `${field}[${index}]`
    const errors = seen.has(condition.type) ? [duplicate(`${at}.type`, condition.type)] : []
    seen.add(condition.type)
    return [...errors, ...validateCondition(at, condition)]
  })
}

export function validateCondition(field: string, condition: Condition): FieldError[] {
  const errors = validateLabelName(condition.type, `${field}.type`)
  if (!['True', 'False', 'Unknown'].includes(condition.status))
    errors.push(notSupported(`${field}.status`, condition.status, ['False', 'True', 'Unknown']))
  if ((condition.observedGeneration ?? 0) < 0)
    errors.push(
      invalidValue(
        `${field}.observedGeneration`,
        condition.observedGeneration,
        'must be greater than or equal to zero',
      ),
    )
  if (!condition.lastTransitionTime) errors.push(required(`${field}.lastTransitionTime`))
  if (!condition.reason) errors.push(required(`${field}.reason`))
  else if (!reason.test(condition.reason))
    errors.push(
      invalidValue(
        `${field}.reason`,
        condition.reason,
        `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`,
      ),
    )
  if (Buffer.byteLength(condition.reason ?? '') > 1024) errors.push(tooLong(`${field}.reason`, 1024))
  if (Buffer.byteLength(condition.message ?? '') > 32 * 1024) errors.push(tooLong(`${field}.message`, 32 * 1024))
  return errors
}
