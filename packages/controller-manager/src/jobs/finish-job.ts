import { jobs } from '@tandem/api/batch/v1/job'
import type { Job, JobCondition, JobStatus } from '@tandem/api/batch/v1/types'
import { equalJson, keyOf } from '@tandem/apimachinery'
import type { FailureRecord } from './backoff.ts'
import { newCondition, trueCondition, withCondition } from './conditions.ts'
import { isTracked } from './job-pods.ts'
import { releasePod } from './release.ts'
import { type JobRun, statusOf } from './run.ts'
import type { JobStep } from './step.ts'
import { countUncounted, settle, track } from './tracking.ts'

interface Finish {
  /** `FailureTarget` or `SuccessCriteriaMet` of a job that ends. */
  end: JobCondition | undefined
  record: FailureRecord
  /** The status as it is stored. */
  before: JobStatus | undefined
  step: JobStep
}

/**
 * Counts the pods that ended: names them in the status, takes their finalizers, and only then adds them to its numbers. When none is left
 * of a job that ends, it has ended.
 */
export async function finishJob(run: JobRun, { end, record, before, step }: Finish): Promise<void> {
  const { context, memory } = step
  const key = keyOf(run.job.metadata)
  const { status, release, more } = track(run, end)
  const target = end && !trueCondition(run.job, end.type) ? [...(status.conditions ?? []), end] : status.conditions
  let job: Job = { ...run.job, status: { ...status, ...(target && { conditions: target }) } }
  if (!equalJson(job.status, before)) job = await writeStatus(job, step)
  memory.setRecord(key, record)

  const results = await Promise.allSettled(
    release.map(async (pod) => {
      memory.release(key, pod.metadata.uid)
      try {
        await releasePod(context.client, pod)
      } catch (error) {
        memory.releaseObserved(key, pod.metadata.uid)
        throw error
      }
    }),
  )
  const released = memory.released(key)
  const done = new Set(release.filter((_, index) => results[index]?.status === 'fulfilled'))
  const held = run.pods.filter((pod) => isTracked(pod) && !done.has(pod) && !released.has(pod.metadata.uid))
  const settled = settle(statusOf(job), new Set(held.map(({ metadata }) => metadata.uid)))
  const failure = results.find((result) => result.status === 'rejected')
  const last =
    end && !more && !failure ? lastCondition({ ...job, status: settled }, end, context.clock.now()) : undefined
  const after: JobStatus = last
    ? {
        ...settled,
        conditions: [...withCondition(settled.conditions ?? [], last)],
        ...(last.type === 'Complete' && { completionTime: last.lastTransitionTime ?? '' }),
      }
    : settled
  if (!equalJson(after, job.status)) await writeStatus({ ...job, status: after }, step)
  if (last) tell({ ...job, status: after }, last, step)
  if (failure) throw failure.reason
}

/** A job is not over while some of its pods are not counted, or have not ended. */
function lastCondition(job: Job, end: JobCondition, now: number): JobCondition | undefined {
  if (countUncounted(job) > 0 || (job.status?.terminating ?? 0) > 0) return undefined
  const { reason = '', message = '' } = end
  return newCondition(end.type === 'FailureTarget' ? 'Failed' : 'Complete', { reason, message }, now)
}

async function writeStatus(job: Job, { context, memory }: JobStep): Promise<Job> {
  const written = await context.client.update(jobs, job, { subresource: 'status' })
  memory.wrote(keyOf(job.metadata), written)
  return written
}

function tell(job: Job, { type, reason = '', message = '' }: JobCondition, { context: { recorder } }: JobStep): void {
  if (type !== 'Complete') {
    recorder.record({ object: job, type: 'Warning', reason, message })
    return
  }
  if (job.spec.completions !== undefined && (job.status?.succeeded ?? 0) > job.spec.completions) {
    const message = 'Too many succeeded pods running after completion count reached'
    recorder.record({ object: job, type: 'Warning', reason: 'TooManySucceededPods', message })
  }
  recorder.record({ object: job, type: 'Normal', reason: 'Completed', message: 'Job completed' })
}
