import { cronJobs } from '@tandem/api/batch/v1/cronjob'
import { jobs } from '@tandem/api/batch/v1/job'
import type { CronJob, CronJobStatus } from '@tandem/api/batch/v1/types'
import { equalJson } from '@tandem/apimachinery'
import type { Controller, ControllerContext, ReconcileResult } from '@tandem/controller-runtime'
import { observeJobs } from '../cron-jobs/active-jobs.ts'
import { jobNameAt } from '../cron-jobs/job-of-cronjob.ts'
import { missedTimes, type Next, untilNextRun } from '../cron-jobs/plan.ts'
import { removeOutdated } from '../cron-jobs/remove-job.ts'
import { scheduleOf } from '../cron-jobs/schedule.ts'
import { startJob } from '../cron-jobs/start-job.ts'
import type { CronJobStep } from '../cron-jobs/step.ts'
import { indexByController, ownedBy } from '../ownership.ts'
import { eventRule } from '../permissions.ts'

/** Starts jobs at the times of a schedule. */
export const controller: Controller<CronJob> = {
  name: 'cronjob-controller',
  for: cronJobs,
  owns: [jobs],
  permissions: [
    {
      apiGroups: ['batch'],
      resources: ['jobs'],
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    },
    { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get', 'list', 'update', 'watch'] },
    { apiGroups: ['batch'], resources: ['cronjobs/status', 'cronjobs/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'list'] },
    eventRule,
  ],
  setup({ informer }) {
    indexByController(informer(jobs))
  },
  async reconcile(key, context) {
    const cached = context.informer(cronJobs).get(key)
    if (!cached) return undefined
    const cronJob = structuredClone(cached)
    const step: CronJobStep = { owned: ownedBy(context.informer(jobs), cronJob), context }
    const observed = await observeJobs(cronJob, step)
    if (!observed) return undefined
    const kept = await removeOutdated(cronJob, observed, step)
    try {
      const { status = kept, result } = await run({ ...cronJob, status: kept }, context)
      await writeStatus(cronJob, status, context)
      return result
    } catch (error) {
      // What was observed is true whether or not a job could be started.
      await writeStatus(cronJob, kept, context)
      throw error
    }
  },
}

interface Ran {
  /** Undefined where nothing was started. */
  status?: CronJobStatus | undefined
  result: ReconcileResult | undefined
}

/** Starts the job that is due, if one is and may be. */
async function run(cronJob: CronJob, context: ControllerContext): Promise<Ran> {
  const { clock, recorder } = context
  const { spec, metadata, status = {} } = cronJob
  if (metadata.deletionTimestamp) return { result: undefined }
  const next = scheduleOf(cronJob, recorder)
  if (!next || spec.suspend) return { result: undefined }
  const now = clock.now()
  const time = dueTime(cronJob, { next, context })
  if (time === 'never') return { result: undefined }
  const result = later(cronJob, next, now)
  if (time === undefined) return { result }
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.record({ object: cronJob, type, reason, message })
  if (spec.startingDeadlineSeconds !== undefined && time + spec.startingDeadlineSeconds * 1000 < now) {
    tell('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(time).toUTCString()}`)
    return { result }
  }
  const name = jobNameAt(cronJob, time)
  const isStarted =
    status.active?.some((job) => job.name === name) ||
    (status.lastScheduleTime !== undefined && Date.parse(status.lastScheduleTime) === time)
  if (isStarted) return { result }
  if (spec.concurrencyPolicy === 'Forbid' && (status.active ?? []).length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    tell('Normal', 'JobAlreadyActive', message)
    return { result }
  }
  const started = await startJob(context, { cronJob, status, time })
  return { status: started, result: later({ ...cronJob, status: started ?? status }, next, now) }
}

function dueTime(
  cronJob: CronJob,
  { next, context: { clock, recorder } }: { next: Next; context: ControllerContext },
): number | 'never' | undefined {
  const warn = (reason: string, message: string) =>
    recorder.record({ object: cronJob, type: 'Warning', reason, message })
  try {
    const { due, tooMany } = missedTimes(cronJob, { next, now: clock.now() })
    if (due !== undefined && tooMany)
      warn(
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      )
    return due
  } catch (error) {
    warn('InvalidSchedule', `invalid schedule: ${cronJob.spec.schedule} : ${(error as Error).message}`)
    return 'never'
  }
}

function later(cronJob: CronJob, next: Next, now: number): ReconcileResult | undefined {
  const requeueAfter = untilNextRun(cronJob, { next, now })
  return requeueAfter === undefined ? undefined : { requeueAfter }
}

async function writeStatus(cronJob: CronJob, status: CronJobStatus, { client }: ControllerContext): Promise<void> {
  if (!equalJson(status, cronJob.status ?? {}))
    await client.update(cronJobs, { ...cronJob, status }, { subresource: 'status' })
}
