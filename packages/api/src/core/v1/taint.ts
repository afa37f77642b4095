import {
  type FieldError,
  invalidValue,
  notSupported,
  required,
  validateLabelName,
  validateLabelValue,
} from '@tandem/apimachinery'
import type { Taint } from './types.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateTaintEffect(field: string, effect: string | undefined): FieldError[] {
  if (!effect) return [required(field)]
  return effects.includes(effect) ? [] : [notSupported(field, effect, effects)]
}

export function validateTaints(field: string, taints: readonly Taint[] | undefined): FieldError[] {
  const seen = new Set<string>()
  return (taints ?? []).flatMap((taint, i) => {
    const at = `${field}[${i}]`
    const errors = validateLabelName(taint.key, `${at}.key`)
    const faults = validateLabelValue(taint.value ?? '')
    if (faults.length > 0) errors.push(invalidValue(`${at}.value`, taint.value ?? '', faults.join(';')))
    errors.push(...validateTaintEffect(`${at}.effect`, taint.effect))
    const identity = `${taint.key}:${taint.effect}`
    if (seen.has(identity))
      errors.push({
        type: 'FieldValueDuplicate',
        field: at,
        message: `Duplicate value: ${JSON.stringify(taint)}: taints must be unique by key and effect pair`,
      })
    seen.add(identity)
    return errors
  })
}
