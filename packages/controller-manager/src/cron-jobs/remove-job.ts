import { jobs } from '@tandem/api/batch/v1/job'
import type { CronJob, CronJobStatus, Job } from '@tandem/api/batch/v1/types'
import type { ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { finishedCondition } from '../jobs/conditions.ts'
import { without } from './active-jobs.ts'
import type { CronJobStep } from './step.ts'

/** Deletes a job and its pods; the status without it, or nothing where that failed. */
export async function removeJob(
  { client, recorder }: ControllerContext,
  { cronJob, job, status }: { cronJob: CronJob; job: Job; status: CronJobStatus },
): Promise<CronJobStatus | undefined> {
  const { namespace, name, uid } = job.metadata
  try {
    await client.delete(jobs, { namespace, name }, { propagationPolicy: 'Background' })
  } catch (error) {
    const message = `Deleted job: ${messageOf(error)}`
    recorder.record({ object: cronJob, type: 'Warning', reason: 'FailedDelete', message })
    return undefined
  }
  recorder.record({ object: cronJob, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` })
  return without(status, uid)
}

/** Of the jobs that finished, the oldest beyond what is to be kept. */
export function outdatedJobs({ spec }: CronJob, owned: readonly Job[]): Job[] {
  const ended = (type: string) =>
    owned
      .filter((job) => finishedCondition(job)?.type === type)
      .toSorted((a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
  const excess = (all: Job[], limit: number | undefined) =>
    limit === undefined ? [] : all.slice(0, Math.max(0, all.length - limit))
  return [
    ...excess(ended('Complete'), spec.successfulJobsHistoryLimit),
    ...excess(ended('Failed'), spec.failedJobsHistoryLimit),
  ]
}

/** One that never started is young. */
const startOf = ({ status }: Job): number =>
  status?.startTime ? Date.parse(status.startTime) : Number.MAX_SAFE_INTEGER

export async function removeOutdated(
  cronJob: CronJob,
  status: CronJobStatus,
  { owned, context }: CronJobStep,
): Promise<CronJobStatus> {
  let left = status
  for (const job of outdatedJobs(cronJob, owned))
    left = (await removeJob(context, { cronJob, job, status: left })) ?? left
  return left
}
