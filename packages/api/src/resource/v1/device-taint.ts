import { type FieldError, invalidValue, notSupported, required, validateLabelName } from '@tandem/apimachinery'
import { labelValue, oneOf } from '../../core/v1/field-checks.ts'
import type { DeviceTaint, DeviceToleration } from './types.ts'

const effects = ['NoExecute', 'NoSchedule', 'None']

export const validateTaint = (field: string, { key, value, effect }: DeviceTaint): FieldError[] => [
  ...validateLabelName(key ?? '', `${field}.key`),
  ...(value ? labelValue(`${field}.value`, value) : []),
  ...oneOf(`${field}.effect`, effect, effects),
]

export function validateToleration(field: string, { key, operator, value, effect }: DeviceToleration): FieldError[] {
  const errors = key ? validateLabelName(key, `${field}.key`) : []
  if (!operator) errors.push(required(`${field}.operator`))
  else if (operator === 'Exists') {
    if (value) errors.push(invalidValue(`${field}.value`, value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') errors.push(...labelValue(`${field}.value`, value ?? ''))
  else errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']))
  if (effect && !effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects))
  return errors
}
