import { jobs } from '@tandem/api/batch/v1/job'
import type { Job, JobCondition, JobStatus } from '@tandem/api/batch/v1/types'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { keyOf, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { ControllerContext, ReconcileResult } from '@tandem/controller-runtime'
import { nonZero } from '../non-zero.ts'
import { claim, ownedOrOrphaned } from '../ownership.ts'
import { timestamp } from '../timestamp.ts'
import { nextRecord } from './backoff.ts'
import { newCondition, withCondition } from './conditions.ts'
import { completedCondition, decideEnd, isComplete, remainingTime } from './end.ts'
import { finishJob } from './finish-job.ts'
import { trackingFinalizer } from './job-pods.ts'
import { deleteActive, type Managed, managePods, observed } from './manage-pods.ts'
import { runOf, statusOf } from './run.ts'
import type { JobStep } from './step.ts'
import { isSuspended } from './traits.ts'

/** One step with a job that has not finished: end it, or make and delete pods; then count and let go of those that ended. */
export async function syncJob(cached: Job, step: JobStep): Promise<ReconcileResult | undefined> {
  const { context, memory } = step
  const key = keyOf(cached.metadata)
  const mayAct = memory.expectations.satisfied(key)
  const now = context.clock.now()
  const job = started(cached, now)
  const run = runOf(job, await claimPods(job, context), memory.released(key))
  const record = nextRecord(memory.record(key), { succeeded: run.newSucceeded, failed: run.newFailed })

  let end = decideEnd(run, now)
  let managed: Managed = observed(run)
  let suspension: Suspension = { conditions: statusOf(job).conditions ?? [], startTime: statusOf(job).startTime }
  if (end) {
    managed = await deleteActive(run, step)
    // Pods that could not be deleted, or are not in the cache yet, would be left behind.
    if (managed.active > 0 || !mayAct) end = undefined
  } else {
    const mayManage = mayAct && !job.metadata.deletionTimestamp
    if (mayManage) managed = await managePods(run, record, step)
    if (isComplete(run, managed.active)) end = completedCondition(now)
    else if (mayManage) suspension = suspend(job, suspension, step)
  }
  const counted: Job = { ...job, status: countedStatus(job, managed, suspension) }
  await finishJob({ ...run, job: counted }, { end, record, before: cached.status, step })
  if (managed.error !== undefined) throw managed.error
  return earliest(managed.waitMs, remainingTime({ ...run, job: counted }, now))
}

/** Counts of zero are not told, but for those that always are. */
function countedStatus(
  job: Job,
  { active, ready, terminating }: Managed,
  { conditions, startTime }: Suspension,
): JobStatus {
  const { active: _active, startTime: _start, conditions: _conditions, ...rest } = statusOf(job)
  return {
    ...rest,
    ...(conditions.length > 0 && { conditions: [...conditions] }),
    ...(startTime !== undefined && { startTime }),
    ...nonZero({ active }),
    ready,
    terminating,
  }
}

function earliest(...waits: (number | undefined)[]): ReconcileResult | undefined {
  const due = waits.filter((wait) => wait !== undefined && wait > 0) as number[]
  return due.length > 0 ? { requeueAfter: Math.min(...due) } : undefined
}

const started = (cached: Job, now: number): Job => {
  const job = structuredClone(cached)
  const status = statusOf(job)
  job.status = { ...status, ...(!status.startTime && !isSuspended(job) && { startTime: timestamp(now) }) }
  return job
}

function claimPods(job: Job, { client, informer }: ControllerContext): Promise<Pod[]> {
  const matcher = labelMatcherOf(job.spec.selector)
  return claim({
    client,
    owner: job,
    ownerResource: jobs,
    resource: pods,
    objects: ownedOrOrphaned(informer(pods), job),
    matches: ({ metadata }) => matchesLabels(matcher, metadata.labels),
    adoptedFinalizers: [trackingFinalizer],
  })
}

interface Suspension {
  conditions: readonly JobCondition[]
  startTime: string | undefined
}

/** Told only once it is so. A job that goes on starts anew as far as its deadline is concerned. */
function suspend(job: Job, before: Suspension, { context: { clock, recorder } }: JobStep): Suspension {
  const now = clock.now()
  const suspended = isSuspended(job)
  const title = suspended ? 'Suspended' : 'Resumed'
  const message = `Job ${title.toLowerCase()}`
  const condition = newCondition(
    'Suspended',
    { reason: `Job${title}`, message, status: suspended ? 'True' : 'False' },
    now,
  )
  const conditions = withCondition(before.conditions, condition)
  if (conditions === before.conditions) return before
  recorder.record({ object: job, type: 'Normal', reason: title, message })
  return { conditions, startTime: suspended ? undefined : timestamp(now) }
}
