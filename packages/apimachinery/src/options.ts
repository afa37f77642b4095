import { type FieldError, forbiddenField, invalidValue, notSupported, required, tooLong } from './field-error.ts'

/** The body of a DELETE, or its query. */
export interface DeleteOptions {
  apiVersion?: string
  kind?: string
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  orphanDependents?: boolean
  propagationPolicy?: string
  dryRun?: string[]
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

export interface WriteOptions {
  fieldManager?: string
  dryRun?: readonly string[]
  fieldValidation?: string
}

export function validateFieldManager(manager: string, field = 'fieldManager'): FieldError[] {
  const faults: FieldError[] = []
  if (Buffer.byteLength(manager) > 128) faults.push(tooLong(field, 128))
  let position = 0
  for (const character of manager) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(character) || (/\p{Zs}/u.test(character) && character !== ' '))
      faults.push(invalidValue(field, manager, `invalid character ${codePoint(character)} (at position ${position})`))
    position += Buffer.byteLength(character)
  }
  return faults
}

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

export const validateDryRun = (dryRun: readonly string[] = [], field = 'dryRun'): FieldError[] =>
  dryRun.every((value) => value === 'All') ? [] : [notSupported(field, dryRun, ['All'])]

const validations = ['', 'Ignore', 'Strict', 'Warn']
export const validateFieldValidation = (value = '', field = 'fieldValidation'): FieldError[] =>
  validations.includes(value) ? [] : [notSupported(field, value, validations)]

/** Of create and update. */
export const validateWriteOptions = ({ fieldManager = '', dryRun, fieldValidation }: WriteOptions): FieldError[] => [
  ...validateFieldManager(fieldManager),
  ...validateDryRun(dryRun),
  ...validateFieldValidation(fieldValidation),
]

export interface PatchOptions extends WriteOptions {
  force?: boolean | undefined
  apply: boolean
}

export function validatePatchOptions({ force, apply, ...options }: PatchOptions): FieldError[] {
  const faults: FieldError[] = []
  if (apply && !options.fieldManager) faults.push(required('fieldManager', 'is required for apply patch'))
  if (!apply && force !== undefined) faults.push(forbiddenField('force', 'may not be specified for non-apply patch'))
  return [...faults, ...validateWriteOptions(options)]
}

const policies = ['Foreground', 'Background', 'Orphan']

export function validateDeleteOptions(options: DeleteOptions): FieldError[] {
  const { orphanDependents, propagationPolicy, dryRun } = options
  const faults: FieldError[] = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    faults.push(
      invalidValue(
        'propagationPolicy',
        propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    )
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    faults.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  return [...faults, ...validateDryRun(dryRun), ...validateIgnoreStoreReadError(options)]
}

const exclusive = ['dryRun', 'propagationPolicy', 'orphanDependents', 'gracePeriodSeconds', 'preconditions'] as const

function validateIgnoreStoreReadError(options: DeleteOptions): FieldError[] {
  if (!options.ignoreStoreReadErrorWithClusterBreakingPotential) return []
  return exclusive
    .filter((key) => (key === 'dryRun' ? options.dryRun?.length : options[key] !== undefined))
    .map((key) =>
      invalidValue('ignoreStoreReadErrorWithClusterBreakingPotential', true, `cannot be set together with .${key}`),
    )
}
