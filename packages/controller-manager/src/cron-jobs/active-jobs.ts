import { cronJobs } from '@tandem/api/batch/v1/cronjob'
import { jobs } from '@tandem/api/batch/v1/job'
import type { CronJob, CronJobStatus, Job } from '@tandem/api/batch/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import { finishedCondition, isJobFinished } from '../jobs/conditions.ts'
import type { CronJobStep } from './step.ts'

export const isActive = ({ active = [] }: CronJobStatus, uid: string): boolean => active.some((one) => one.uid === uid)

export const without = (status: CronJobStatus, uid: string): CronJobStatus => {
  const { active, ...rest } = status
  const left = active?.filter((one) => one.uid !== uid) ?? []
  return { ...rest, ...(left.length > 0 && { active: left }) }
}

/**
 * The status by what became of its jobs: those that finished, or are gone, are active no more. Undefined where the cache is behind what
 * was written last: then it cannot tell a job that was started just now from one that nobody knows of.
 */
export async function observeJobs(
  cronJob: CronJob,
  { owned, context }: CronJobStep,
): Promise<CronJobStatus | undefined> {
  const { client, recorder } = context
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.record({ object: cronJob, type, reason, message })
  let status: CronJobStatus = cronJob.status ?? {}
  for (const job of owned) {
    const { uid, name } = job.metadata
    const known = isActive(status, uid)
    if (!isJobFinished(job)) {
      if (known) continue
      const fresh = await client.get(cronJobs, { namespace: cronJob.metadata.namespace, name: cronJob.metadata.name })
      if (isActive(fresh.status ?? {}, uid)) return undefined
      tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`)
      continue
    }
    if (known) {
      status = without(status, uid)
      const condition = finishedCondition(job)?.type
      tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`)
    }
    status = withSuccess(status, job)
  }
  const children = new Set(owned.map(({ metadata }) => metadata.uid))
  for (const { uid = '', name = '', namespace } of status.active ?? []) {
    if (children.has(uid)) continue
    // The cache may not know it yet.
    const isThere = await client.get(jobs, { namespace, name }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )
    if (isThere) continue
    tell('Normal', 'MissingJob', `Active job went missing: ${name}`)
    status = without(status, uid)
  }
  return status
}

function withSuccess(status: CronJobStatus, job: Job): CronJobStatus {
  const { completionTime } = job.status ?? {}
  if (finishedCondition(job)?.type !== 'Complete' || !completionTime) return status
  const last = status.lastSuccessfulTime
  return last && Date.parse(last) >= Date.parse(completionTime)
    ? status
    : { ...status, lastSuccessfulTime: completionTime }
}
