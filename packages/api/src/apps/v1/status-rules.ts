import { type FieldError, invalidValue } from '@tandem/apimachinery'
import { nonNegative } from '../../core/v1/field-checks.ts'

type Counts = { replicas?: number; readyReplicas?: number; availableReplicas?: number; collisionCount?: number }

/** Each of the named counts is at least zero. */
export const validateCounts = <T extends object>(status: T, names: readonly (keyof T & string)[]): FieldError[] =>
  names.flatMap((name) => nonNegative(`status.${name}`, status[name] as number | undefined))

/** None of the named counts is above the number of replicas, and no replica is available before it is ready. */
export function validateParts<T extends Counts>(
  status: T,
  names: readonly (keyof T & string)[],
  { ready }: { ready: string },
): FieldError[] {
  const total = status.replicas ?? 0
  const errors = names.flatMap((name) => {
    const count = (status[name] ?? 0) as number
    return count > total ? [invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas')] : []
  })
  const { availableReplicas = 0, readyReplicas = 0 } = status
  if (availableReplicas > readyReplicas)
    errors.push(invalidValue('status.availableReplicas', availableReplicas, `cannot be greater than ${ready}`))
  return errors
}

export const validateCollisionCount = (status: Counts, old: Counts | undefined): FieldError[] =>
  old?.collisionCount !== undefined && (status.collisionCount ?? 0) < old.collisionCount
    ? [invalidValue('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')]
    : []
