import type { JobCondition } from '@tandem/api/batch/v1/types'
import { newCondition, trueCondition } from './conditions.ts'
import { judgeFailure } from './failure-policy.ts'
import { countIndexes } from './indexes.ts'
import { hasFailed } from './job-pods.ts'
import { type JobRun, statusOf } from './run.ts'
import { metSuccessPolicy } from './success-policy.ts'
import { completionsOf, isIndexed, isSuspended } from './traits.ts'

/**
 * Why the job is to end, as the condition that comes before its last one: `FailureTarget` or `SuccessCriteriaMet`. What was decided before
 * stays so. Undefined while it goes on, or until enough of it is complete.
 */
export function decideEnd(run: JobRun, now: number): JobCondition | undefined {
  const { job } = run
  const before = trueCondition(job, 'SuccessCriteriaMet') ?? trueCondition(job, 'FailureTarget')
  if (before) return before
  const fails = (reason: string, message: string) => newCondition('FailureTarget', { reason, message }, now)
  const byPolicy = run.pods
    .filter((pod) => hasFailed(pod, job))
    .map((pod) => judgeFailure(job, pod).failsJob)
    .find((message) => message !== undefined)
  if (byPolicy !== undefined) return fails('PodFailurePolicy', byPolicy)
  if (run.failed > (job.spec.backoffLimit ?? 6) || hasRestartedTooOften(run))
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  const left = remainingTime(run, now)
  if (left !== undefined && left <= 0) return fails('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (!isIndexed(job)) return undefined
  return endOfIndexes(run, fails) ?? successByPolicy(run, now)
}

function endOfIndexes(
  { job, failedIndexes, succeededIndexes }: JobRun,
  fails: (reason: string, message: string) => JobCondition,
): JobCondition | undefined {
  const failed = countIndexes(failedIndexes ?? [])
  if (failed === 0) return undefined
  if (job.spec.maxFailedIndexes !== undefined && failed > job.spec.maxFailedIndexes)
    return fails('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  return failed + countIndexes(succeededIndexes) >= completionsOf(job)
    ? fails('FailedIndexes', 'Job has failed indexes')
    : undefined
}

function successByPolicy({ job, succeededIndexes }: JobRun, now: number): JobCondition | undefined {
  const message = metSuccessPolicy(job, succeededIndexes)
  return message === undefined
    ? undefined
    : newCondition('SuccessCriteriaMet', { reason: 'SuccessPolicy', message }, now)
}

/** All that should has succeeded, and nothing runs any more. */
export function isComplete({ job, succeeded }: JobRun, active: number): boolean {
  if (active > 0) return false
  return job.spec.completions === undefined ? succeeded > 0 : succeeded >= job.spec.completions
}

export const completedCondition = (now: number): JobCondition =>
  newCondition(
    'SuccessCriteriaMet',
    { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' },
    now,
  )

/** Milliseconds until the job has been active for too long; undefined where it may be for ever. */
export function remainingTime({ job }: JobRun, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec
  const { startTime } = statusOf(job)
  if (activeDeadlineSeconds === undefined || startTime === undefined || isSuspended(job)) return undefined
  return Date.parse(startTime) + activeDeadlineSeconds * 1000 - now
}

/** Containers that are started again in their pod fail too. */
function hasRestartedTooOften({ job, pods }: JobRun): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const limit = job.spec.backoffLimit ?? 6
  return limit === 0 ? restarts > 0 : restarts >= limit
}
