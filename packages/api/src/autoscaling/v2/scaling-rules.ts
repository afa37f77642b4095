import { compareQuantities, type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { optionalOneOf } from '../../core/v1/field-checks.ts'
import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from './types.ts'

const maxPeriodSeconds = 1800
const maxStabilizationWindowSeconds = 3600

/** Up at once, by 4 pods or to the double every 15 seconds; down after the controller's own window, all at once. */
const scaleUp = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
})
const scaleDown = (): HPAScalingRules => ({
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
})

export function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): void {
  behavior.scaleUp = { ...scaleUp(), ...behavior.scaleUp }
  behavior.scaleDown = { ...scaleDown(), ...behavior.scaleDown }
}

export const validateBehavior = (field: string, behavior: HorizontalPodAutoscalerBehavior): FieldError[] => [
  ...(behavior.scaleUp ? validateRules(`${field}.scaleUp`, behavior.scaleUp) : []),
  ...(behavior.scaleDown ? validateRules(`${field}.scaleDown`, behavior.scaleDown) : []),
]

function validateRules(field: string, rules: HPAScalingRules): FieldError[] {
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules
  const errors: FieldError[] = []
  const at = `${field}.stabilizationWindowSeconds`
  if (window < 0) errors.push(invalidValue(at, window, 'must be greater than or equal to zero'))
  if (window > maxStabilizationWindowSeconds)
    errors.push(invalidValue(at, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`))
  errors.push(...optionalOneOf(`${field}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']))
  if (policies.length === 0) errors.push(required(`${field}.policies`, 'must specify at least one Policy'))
  errors.push(...policies.flatMap((policy, index) => validatePolicy(`${field}.policies[${index}]`, policy)))
  if (tolerance !== undefined && compareQuantities(tolerance, '0') < 0)
    errors.push(invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0'))
  return errors
}

function validatePolicy(field: string, { type, value, periodSeconds }: HPAScalingPolicy): FieldError[] {
  const errors: FieldError[] = []
  if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${field}.type`, type ?? '', ['Percent', 'Pods']))
  if ((value ?? 0) <= 0) errors.push(invalidValue(`${field}.value`, value ?? 0, 'must be greater than zero'))
  const at = `${field}.periodSeconds`
  if ((periodSeconds ?? 0) <= 0) errors.push(invalidValue(at, periodSeconds ?? 0, 'must be greater than zero'))
  if (periodSeconds > maxPeriodSeconds)
    errors.push(invalidValue(at, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`))
  return errors
}
