import { duplicate, type FieldError, invalidValue, notSupported, required, tooMany } from '@tandem/apimachinery'
import { qualifiedName } from '../../core/v1/field-checks.ts'
import { invalid } from './invalid.ts'
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from './types.ts'

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']
const limits = { rules: 20, exitCodes: 255, conditions: 20 }

/** An absent value is told of all that would do. */
function choice(field: string, value: string | undefined, known: readonly string[]): FieldError[] {
  if (!value) return [required(field, `valid values: [${known.map((one) => JSON.stringify(one)).join(' ')}]`)]
  return known.includes(value) ? [] : [notSupported(field, value, known)]
}

export function defaultPodFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const { onPodConditions = [] } of policy?.rules ?? [])
    for (const pattern of onPodConditions) pattern.status ||= 'True'
}

export function validatePodFailurePolicy(field: string, spec: JobSpec): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const at = `${field}.rules`
  return [
    ...(rules.length > limits.rules ? [tooMany(at, rules.length, limits.rules)] : []),
    ...rules.flatMap((rule, index) => validateRule(`${at}[${index}]`, rule, spec)),
  ]
}

function validateAction(field: string, action: string, { backoffLimitPerIndex }: JobSpec): FieldError[] {
  if (action !== 'FailIndex') return choice(field, action, actions)
  return backoffLimitPerIndex === undefined
    ? [invalidValue(field, action, 'requires the backoffLimitPerIndex to be set')]
    : []
}

function validateRule(field: string, rule: PodFailurePolicyRule, spec: JobSpec): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const errors = validateAction(`${field}.action`, action, spec)
  if (onExitCodes) errors.push(...validateExitCodes(`${field}.onExitCodes`, onExitCodes, spec))
  if (onPodConditions.length > 0) errors.push(...validatePodConditions(`${field}.onPodConditions`, onPodConditions))
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalid(field, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalid(field, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function validatePodConditions(
  field: string,
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
): FieldError[] {
  return [
    ...(patterns.length > limits.conditions ? [tooMany(field, patterns.length, limits.conditions)] : []),
    ...patterns.flatMap(({ type, status }, index) => [
      ...qualifiedName(`${field}[${index}].type`, type),
      ...choice(`${field}[${index}].status`, status, statuses),
    ]),
  ]
}

const containerNames = ({ template: { spec } }: JobSpec): string[] =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name)

function validateExitCodes(field: string, rule: PodFailurePolicyOnExitCodesRequirement, spec: JobSpec): FieldError[] {
  const { operator, containerName, values = [] } = rule
  const errors = choice(`${field}.operator`, operator, operators)
  if (containerName !== undefined && !containerNames(spec).includes(containerName))
    errors.push(
      invalidValue(
        `${field}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    )
  const at = `${field}.values`
  if (values.length === 0) errors.push(invalidValue(at, values, 'at least one value is required'))
  if (values.length > limits.exitCodes) errors.push(tooMany(at, values.length, limits.exitCodes))
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      errors.push(invalidValue(`${at}[${index}]`, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicate(`${at}[${index}]`, value))
  }
  if (values.some((value, index) => (values[index - 1] ?? value) > value))
    errors.push(invalidValue(at, values, 'must be ordered'))
  return errors
}
