import { duplicate, type FieldError, invalidValue, required, semanticallyEqual } from '@tandem/apimachinery'
import { nonNegative } from '../../core/v1/field-checks.ts'
import { overlap, parseIndexIntervals } from './index-intervals.ts'
import { invalid } from './invalid.ts'
import { isConditionTrue, isFinished } from './job-condition.ts'
import type { Job, JobStatus } from './types.ts'

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const

/**
 * External controllers may keep jobs, too, so what a status may become is held to here. A rule is looked at only when something that
 * it speaks of has changed: what is bad already does not stand in the way of other updates.
 */
export function validateJobStatusUpdate(job: Job, old: Job): FieldError[] {
  const { status = {} } = job
  const before = old.status ?? {}
  return [
    ...counts.flatMap((name) => nonNegative(`status.${name}`, status[name])),
    ...validateUncounted(status),
    ...validateConditions(status, before),
    ...validateTimes(job, before),
    ...validateActivity(status, before),
    ...validateIndexes(job, before),
    ...validateTransitions(job, before),
  ]
}

function validateUncounted({ uncountedTerminatedPods = {} }: JobStatus): FieldError[] {
  const seen = new Set<string>()
  return (['succeeded', 'failed'] as const).flatMap((list) =>
    (uncountedTerminatedPods[list] ?? []).flatMap((uid, index) => {
      const field = `status.uncountedTerminatedPods.${list}[${index}]`
      if (uid === '') return [invalidValue(field, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(field, uid)]
      seen.add(uid)
      return []
    }),
  )
}

/** Pairs of conditions of which the first may not be true together with, or without, the second. */
const exclusive = [
  ['Complete', 'Failed', 'cannot set Complete=True and Failed=true conditions'],
  ['Complete', 'FailureTarget', 'cannot set Complete=True and FailureTarget=true conditions'],
  ['SuccessCriteriaMet', 'Failed', 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
  ['SuccessCriteriaMet', 'FailureTarget', 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
] as const
const dependent = [
  ['Failed', 'FailureTarget', 'cannot set Failed=True condition without the FailureTarget=true condition'],
  [
    'Complete',
    'SuccessCriteriaMet',
    'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
  ],
] as const

function validateConditions(status: JobStatus, old: JobStatus): FieldError[] {
  const is = (type: string): boolean => isConditionTrue(status, type)
  const changed = (...types: string[]): boolean => types.some((type) => is(type) !== isConditionTrue(old, type))
  const broken = [
    ...exclusive.filter(([one, other]) => changed(one, other) && is(one) && is(other)),
    ...dependent.filter(([one, other]) => changed(one, other) && is(one) && !is(other)),
  ]
  return broken.map(([, , message]) => invalid('status.conditions', message))
}

function validateTimes({ spec, status = {} }: Job, old: JobStatus): FieldError[] {
  const { startTime, completionTime } = status
  const complete = isConditionTrue(status, 'Complete')
  const finished = isFinished(status)
  const startChanged = startTime !== old.startTime
  const completionChanged = completionTime !== old.completionTime || complete !== isConditionTrue(old, 'Complete')
  const errors: FieldError[] = []
  if (completionChanged && completionTime && !complete)
    errors.push(
      invalidValue(
        'status.completionTime',
        completionTime,
        'cannot set completionTime when there is no Complete=True condition',
      ),
    )
  if (completionChanged && !completionTime && complete)
    errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
  if ((completionChanged || startChanged) && startTime && completionTime && completionTime < startTime)
    errors.push(invalidValue('status.completionTime', completionTime, 'must be equal to or after `startTime`'))
  const neverRan = spec.suspend === true && spec.completions === 0
  if ((finished !== isFinished(old) || startChanged) && !neverRan && finished && !startTime)
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  return errors
}

function validateActivity(status: JobStatus, old: JobStatus): FieldError[] {
  const { active = 0, ready = 0, terminating = 0, uncountedTerminatedPods } = status
  const finished = isFinished(status)
  const justFinished = finished && !isFinished(old)
  const errors: FieldError[] = []
  if (finished && active > 0 && (justFinished || active !== (old.active ?? 0)))
    errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'))
  const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {}
  const uncountedChanged = !semanticallyEqual(uncountedTerminatedPods, old.uncountedTerminatedPods)
  if (finished && succeeded.length + failed.length > 0 && (justFinished || uncountedChanged))
    errors.push(
      invalidValue('status.uncountedTerminatedPods', uncountedTerminatedPods, 'must be empty for finished job'),
    )
  if (finished && terminating > 0 && (justFinished || terminating !== (old.terminating ?? 0)))
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  if (ready > active && (ready !== (old.ready ?? 0) || active !== (old.active ?? 0)))
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'))
  return errors
}

function validateIndexes({ spec, status = {} }: Job, old: JobStatus): FieldError[] {
  const { completedIndexes = '', failedIndexes } = status
  const { completions = 0, backoffLimitPerIndex } = spec
  const completedChanged = completedIndexes !== (old.completedIndexes ?? '')
  const failedChanged = failedIndexes !== old.failedIndexes
  const errors: FieldError[] = []
  const parse = (name: 'completedIndexes' | 'failedIndexes', text: string) => {
    try {
      return parseIndexIntervals(text, completions)
    } catch (error) {
      errors.push(invalidValue(`status.${name}`, text, `error parsing ${name}: ${(error as Error).message}`))
      return []
    }
  }
  if (!completedChanged && !failedChanged) return []
  const completed = parse('completedIndexes', completedIndexes)
  const failed = parse('failedIndexes', failedIndexes ?? '')
  if (completedIndexes !== '' && spec.completionMode !== 'Indexed')
    errors.push(
      invalidValue(
        'status.completedIndexes',
        completedIndexes,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      ),
    )
  if (failedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(
      invalidValue(
        'status.failedIndexes',
        failedIndexes,
        'cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      ),
    )
  const both = overlap(completed, failed)
  if (both !== undefined)
    errors.push(
      invalidValue(
        'status.failedIndexes',
        failedIndexes,
        `failedIndexes and completedIndexes overlap at index: ${both}`,
      ),
    )
  return errors
}

function validateTransitions({ spec, status = {} }: Job, old: JobStatus): FieldError[] {
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => isConditionTrue(old, type) && !isConditionTrue(status, type))
    .map((type) => invalid('status.conditions', `cannot disable the terminal ${type}=True condition`))
  const { failed = 0, succeeded = 0 } = status
  if (failed < (old.failed ?? 0))
    errors.push(invalidValue('status.failed', failed, 'cannot decrease the failed counter'))
  // Indexed jobs with as many completions as parallel pods can be scaled down.
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (!elastic && succeeded < (old.succeeded ?? 0))
    errors.push(invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter'))
  if (old.completionTime && status.completionTime && old.completionTime !== status.completionTime)
    errors.push(invalidValue('status.completionTime', status.completionTime, 'field is immutable'))
  const resuming = isConditionTrue(old, 'Suspended') && !isConditionTrue(status, 'Suspended')
  if (old.startTime && old.startTime !== status.startTime && !spec.suspend && !resuming)
    errors.push(
      invalidValue('status.startTime', status.startTime ?? null, 'field is immutable for unsuspended job once set'),
    )
  const was = isConditionTrue(old, 'SuccessCriteriaMet')
  const is = isConditionTrue(status, 'SuccessCriteriaMet')
  if (was && !is) errors.push(invalid('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition'))
  if (isConditionTrue(old, 'Complete') && !was && is)
    errors.push(
      invalid('status.conditions', 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
    )
  return errors
}
