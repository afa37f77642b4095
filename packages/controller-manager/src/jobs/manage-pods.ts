import { isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { keyOf } from '@tandem/apimachinery'
import { createPod, deletePod } from '../pods/pod-control.ts'
import { slowStart } from '../slow-start.ts'
import type { FailureRecord } from './backoff.ts'
import { isTracked } from './job-pods.ts'
import { planPods } from './plan.ts'
import { podOfJob } from './pod-of-job.ts'
import { releasePod } from './release.ts'
import type { JobRun } from './run.ts'
import type { JobStep } from './step.ts'

/** What became of the pods, beside what the cache shows of them. */
export interface Managed {
  active: number
  ready: number
  terminating: number
  error: unknown
  waitMs?: number | undefined
}

export const observed = ({ active, ready, terminating }: JobRun): Managed => ({
  active: active.length,
  ready,
  terminating: terminating.length,
  error: undefined,
})

/** The finalizers stay on: what is deleted here is still to be counted. */
export async function deleteActive(run: JobRun, { context }: JobStep): Promise<Managed> {
  const { job, active } = run
  const results = await Promise.allSettled(active.map((pod) => deletePod(context, { owner: job, pod })))
  return afterDeletion(run, { deleted: active, results })
}

function afterDeletion(
  run: JobRun,
  { deleted, results }: { deleted: readonly Pod[]; results: readonly PromiseSettledResult<unknown>[] },
): Managed {
  const gone = deleted.filter((_, index) => results[index]?.status === 'fulfilled')
  const failure = results.find((result) => result.status === 'rejected')
  return {
    active: run.active.length - gone.length,
    ready: run.ready - gone.filter(isPodReady).length,
    terminating: run.terminating.length + gone.length,
    error: failure?.reason,
  }
}

/** Makes or deletes pods, or says when it may. */
export async function managePods(run: JobRun, record: FailureRecord, step: JobStep): Promise<Managed> {
  const plan = planPods(run, record, step.context.clock.now())
  if (plan.remove.length > 0) return removePods(run, plan.remove, step)
  if (plan.create.length > 0) return createPods(run, plan.create, step)
  return { ...observed(run), waitMs: plan.waitMs }
}

/** These are not counted: nothing failed, there were only too many. */
async function removePods(run: JobRun, doomed: readonly Pod[], { context, memory }: JobStep): Promise<Managed> {
  const key = keyOf(run.job.metadata)
  const { expectations } = memory
  expectations.expectDeletions(
    key,
    doomed.map(({ metadata }) => metadata.uid),
  )
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      try {
        if (isTracked(pod)) await releasePod(context.client, pod)
        const wasThere = await deletePod(context, { owner: run.job, pod })
        if (!wasThere) expectations.deletionObserved(key, pod.metadata.uid)
      } catch (error) {
        expectations.deletionObserved(key, pod.metadata.uid)
        throw error
      }
    }),
  )
  return afterDeletion(run, { deleted: doomed, results })
}

async function createPods(
  run: JobRun,
  indexes: readonly (number | undefined)[],
  { context, memory }: JobStep,
): Promise<Managed> {
  const { job, active, awaitingReplacement } = run
  const key = keyOf(job.metadata)
  memory.expectations.expectCreations(key, indexes.length)
  const next = indexes.values()
  const { succeeded, error } = await slowStart(indexes.length, async () => {
    const index = next.next().value
    const replaces = index === undefined ? undefined : awaitingReplacement.get(index)
    await createPod(context, { owner: job, pod: podOfJob(job, { index, replaces }) })
  })
  if (succeeded < indexes.length) memory.expectations.creationObserved(key, indexes.length - succeeded)
  return { ...observed(run), active: active.length + succeeded, error }
}
