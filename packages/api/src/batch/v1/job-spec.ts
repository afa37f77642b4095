import { type FieldError, invalidValue, notSupported, required, tooLong } from '@tandem/apimachinery'
import { nonNegative } from '../../core/v1/field-checks.ts'
import { validatePodTemplateSpec } from '../../core/v1/pod-template.ts'
import { validateDomainPrefixedPath } from '../../meta/v1/domain-prefixed-path.ts'
import { validatePodFailurePolicy } from './pod-failure-policy.ts'
import { validateSuccessPolicy } from './success-policy.ts'
import type { JobSpec } from './types.ts'

const limits = { parallelism: 100_000, failedIndexes: 100_000, completions: 100_000, beyond: 10_000, managedBy: 63 }

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

/** The faults that a Job's spec and a CronJob's template of it have in common. */
export const validateJobSpec = (field: string, spec: JobSpec): FieldError[] => [
  ...counts.flatMap((name) => nonNegative(`${field}.${name}`, spec[name])),
  ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
    ? [required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
    : []),
  ...validateManagedBy(`${field}.managedBy`, spec.managedBy),
  ...validateCompletionMode(field, spec),
  ...(spec.podFailurePolicy ? validatePodFailurePolicy(`${field}.podFailurePolicy`, spec) : []),
  ...validateSuccess(`${field}.successPolicy`, spec),
  ...validatePodReplacementPolicy(`${field}.podReplacementPolicy`, spec),
  ...validatePodTemplateSpec(`${field}.template`, spec.template),
  ...validateRestartPolicy(`${field}.template.spec.restartPolicy`, spec),
]

function validateManagedBy(field: string, value: string | undefined): FieldError[] {
  if (value === undefined) return []
  const errors = validateDomainPrefixedPath(field, value)
  return value.length > limits.managedBy ? [...errors, tooLong(field, limits.managedBy)] : errors
}

function validateCompletionMode(field: string, spec: JobSpec): FieldError[] {
  const { completionMode = 'NonIndexed' } = spec
  if (completionMode === 'Indexed') return validateIndexed(field, spec)
  if (completionMode !== 'NonIndexed')
    return [notSupported(`${field}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])]
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((name) =>
    spec[name] === undefined ? [] : [invalidValue(`${field}.${name}`, spec[name], 'requires indexed completion mode')],
  )
}

function validateIndexed(field: string, spec: JobSpec): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  const atMost = (name: 'parallelism' | 'maxFailedIndexes', most: number, when = ''): void => {
    const value = spec[name]
    if (value !== undefined && value > most)
      errors.push(invalidValue(`${field}.${name}`, value, `must be less than or equal to ${most}${when}`))
  }
  if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  if (parallelism > limits.parallelism) atMost('parallelism', limits.parallelism, ' when completion mode is Indexed')
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(
      invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
    )
  atMost('maxFailedIndexes', limits.failedIndexes)
  if ((completions ?? 0) > limits.completions && backoffLimitPerIndex !== undefined) {
    const when = ` when completions are above ${limits.completions} and used with backoff limit per index`
    if (maxFailedIndexes === undefined)
      errors.push(
        required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${limits.completions}`),
      )
    atMost('parallelism', limits.beyond, when)
    atMost('maxFailedIndexes', limits.beyond, when)
  }
  return errors
}

function validateSuccess(field: string, spec: JobSpec): FieldError[] {
  if (!spec.successPolicy) return []
  return spec.completionMode === 'Indexed'
    ? validateSuccessPolicy(field, spec)
    : [invalidValue(field, spec.successPolicy, 'requires indexed completion mode')]
}

function validatePodReplacementPolicy(
  field: string,
  { podReplacementPolicy, podFailurePolicy }: JobSpec,
): FieldError[] {
  const known = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return podReplacementPolicy === undefined || known.includes(podReplacementPolicy)
    ? []
    : [notSupported(field, podReplacementPolicy, known)]
}

/** A job's pods must be able to end. Always is what a template gets that says nothing. */
function validateRestartPolicy(field: string, { template, podFailurePolicy }: JobSpec): FieldError[] {
  const policy = template.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])]
  return podFailurePolicy && policy !== 'Never'
    ? [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
}

export function warnOfManyIndexes(field: string, spec: JobSpec): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec
  if (completionMode !== 'Indexed' || completions <= limits.completions || parallelism <= limits.beyond) return []
  return [
    `${field}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
  ]
}
