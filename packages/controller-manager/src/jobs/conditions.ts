import { isFinished } from '@tandem/api/batch/v1/job-condition'
import type { Job, JobCondition } from '@tandem/api/batch/v1/types'
import { timestamp } from '../timestamp.ts'

export interface Reason {
  reason: string
  message: string
}

export const newCondition = (
  type: string,
  { reason, message, status = 'True' }: Reason & { status?: 'True' | 'False' },
  now: number,
): JobCondition => ({
  type,
  status,
  lastProbeTime: timestamp(now),
  lastTransitionTime: timestamp(now),
  reason,
  message,
})

/** The condition of this type, if it is true. */
export const trueCondition = ({ status }: Job, type: string): JobCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')

export const finishedCondition = (job: Job): JobCondition | undefined =>
  trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed')

export const isJobFinished = ({ status }: Job): boolean => isFinished(status ?? {})

/** The same list where it tells this already. What never was true is not said to be false. */
export function withCondition(conditions: readonly JobCondition[], condition: JobCondition): readonly JobCondition[] {
  const index = conditions.findIndex(({ type }) => type === condition.type)
  const old = conditions[index]
  if (!old) return condition.status === 'False' ? conditions : [...conditions, condition]
  const same = old.status === condition.status && old.reason === condition.reason && old.message === condition.message
  return same ? conditions : conditions.with(index, condition)
}
