import { jobs } from '@tandem/api/batch/v1/job'
import type { CronJob, CronJobStatus, Job } from '@tandem/api/batch/v1/types'
import { apiVersionOf, controllerOf, isAlreadyExists } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { isNamespaceTerminating, messageOf } from '../failure.ts'
import { timestamp } from '../timestamp.ts'
import { isActive } from './active-jobs.ts'
import { jobAt } from './job-of-cronjob.ts'
import { removeJob } from './remove-job.ts'

interface Start {
  cronJob: CronJob
  status: CronJobStatus
  time: number
}

/** Starts the run of `time`, after what runs was taken away where it is to be replaced. Nothing when somebody else started it. */
export async function startJob(context: ControllerContext, start: Start): Promise<CronJobStatus | undefined> {
  const { cronJob, time } = start
  const status = cronJob.spec.concurrencyPolicy === 'Replace' ? await stopActive(context, start) : start.status
  const job = await create(context, cronJob, time)
  if (!job || isActive(status, job.metadata.uid)) return undefined
  const { namespace, name, uid, resourceVersion } = job.metadata
  const reference = {
    kind: jobs.kind,
    apiVersion: apiVersionOf(jobs),
    ...(namespace && { namespace }),
    name,
    uid,
    ...(resourceVersion && { resourceVersion }),
  }
  return { ...status, active: [...(status.active ?? []), reference], lastScheduleTime: timestamp(time) }
}

async function stopActive(context: ControllerContext, { cronJob, status }: Start): Promise<CronJobStatus> {
  const { client, recorder } = context
  let left = status
  for (const { namespace, name = '' } of status.active ?? []) {
    const job = await client.get(jobs, { namespace, name }).catch((error: unknown) => {
      const message = `Get job: ${messageOf(error)}`
      recorder.record({ object: cronJob, type: 'Warning', reason: 'FailedGet', message })
      throw error
    })
    const without = await removeJob(context, { cronJob, job, status: left })
    if (!without) throw new Error(`could not replace job ${namespace}/${name}`)
    left = without
  }
  return left
}

async function create(
  { client, recorder }: ControllerContext,
  cronJob: CronJob,
  time: number,
): Promise<Job | undefined> {
  const wanted = jobAt(cronJob, time)
  try {
    const created = await client.create(jobs, wanted)
    const message = `Created job ${created.metadata.name}`
    recorder.record({ object: cronJob, type: 'Normal', reason: 'SuccessfulCreate', message })
    return created
  } catch (error) {
    if (isAlreadyExists(error)) {
      // Ours, if we could not write it down: then it is written down now.
      const { namespace, name = '' } = wanted.metadata
      const existing = await client.get(jobs, { namespace, name })
      return controllerOf(existing)?.uid === cronJob.metadata.uid ? existing : undefined
    }
    if (!isNamespaceTerminating(error)) {
      const message = `Error creating job: ${messageOf(error)}`
      recorder.record({ object: cronJob, type: 'Warning', reason: 'FailedCreate', message })
    }
    throw error
  }
}
