import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { invalidEach } from '../../core/v1/field-checks.ts'
import type { CrossVersionObjectReference } from './types.ts'

export interface ReferenceRules {
  /** Core kinds have no group; nearly all that can be scaled have one. */
  allowEmptyGroup?: boolean
  allowInvalidApiVersion?: boolean
}

export function validateObjectReference(
  field: string,
  { kind = '', name = '', apiVersion = '' }: CrossVersionObjectReference,
  rules: ReferenceRules,
): FieldError[] {
  const segment = (at: string, value: string): FieldError[] =>
    value ? invalidEach(at, value, nameIsPathSegment(value, false)) : [required(at)]
  const fault = rules.allowInvalidApiVersion ? undefined : apiVersionFault(apiVersion, rules)
  return [
    ...segment(`${field}.kind`, kind),
    ...segment(`${field}.name`, name),
    ...(fault ? [invalidValue(`${field}.apiVersion`, apiVersion, fault)] : []),
  ]
}

export function apiVersionFault(apiVersion: string, { allowEmptyGroup = false }: ReferenceRules): string | undefined {
  const slashes = apiVersion.split('/').length - 1
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`
  return slashes === 0 && !allowEmptyGroup ? 'apiVersion must specify API group' : undefined
}
