import type { Job, JobCondition, JobStatus } from '@tandem/api/batch/v1/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { judgeFailure } from './failure-policy.ts'
import { countIndexes, hasIndex, indexesOf, mergeIndexes, printIndexes, readIndexes } from './indexes.ts'
import { hasFailed, hasSucceeded, isTracked, validIndexOf } from './job-pods.ts'
import { type JobRun, statusOf } from './run.ts'
import { completionsOf, isIndexed } from './traits.ts'

/** The list of pods in a status stays below some 20 KB. */
const mostUncounted = 500

/** What is written into the status before pods lose their finalizers, so that each is counted once, whatever happens in between. */
export interface Tracking {
  status: JobStatus
  /** Pods that may go once the status is written. */
  release: readonly Pod[]
  /** There was more to count than one step can take. */
  more: boolean
}

export function track(run: JobRun, end: JobCondition | undefined): Tracking {
  const { job, isReleased } = run
  const status = withoutReleased(statusOf(job), run)
  const uncounted = {
    succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(status.uncountedTerminatedPods?.failed ?? [])],
  }
  const known = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) }
  const before = isIndexed(job) ? readIndexes(statusOf(job).completedIndexes ?? '', completionsOf(job)) : []
  const newIndexes: number[] = []
  const release: Pod[] = []
  let more = false
  for (const pod of inOrder(run)) {
    if (!isTracked(pod) || isReleased(pod) || !mayGo(run, pod, end)) continue
    release.push(pod)
    const { uid } = pod.metadata
    const index = validIndexOf(pod, job)
    if (hasSucceeded(pod) && !known.failed.has(uid)) {
      if (isIndexed(job)) {
        if (index !== undefined && !hasIndex(before, index)) newIndexes.push(index)
      } else if (!known.succeeded.has(uid)) uncounted.succeeded.push(uid)
    } else if (countsAsFailed(run, pod, end) && !known.failed.has(uid) && (!isIndexed(job) || index !== undefined)) {
      if (judgeFailure(job, pod).counts) uncounted.failed.push(uid)
    }
    if (newIndexes.length + uncounted.succeeded.length + uncounted.failed.length >= mostUncounted) {
      more = true
      break
    }
  }
  const indexes = isIndexed(job) ? mergeIndexes(run.succeededIndexes, indexesOf(newIndexes)) : undefined
  return {
    status: {
      ...status,
      uncountedTerminatedPods: uncountedOf(uncounted),
      ...(indexes && { completedIndexes: printIndexes(indexes), succeeded: countIndexes(indexes) }),
      ...(run.failedIndexes && { failedIndexes: printIndexes(run.failedIndexes) }),
    },
    release,
    more,
  }
}

const inOrder = ({ job, pods }: JobRun): readonly Pod[] =>
  isIndexed(job) ? pods.toSorted((a, b) => (validIndexOf(a, job) ?? -1) - (validIndexOf(b, job) ?? -1)) : pods

/** A pod of a job that goes on stays while it runs, or while its replacement is to learn from it. */
function mayGo({ job, awaitingReplacement }: JobRun, pod: Pod, end: JobCondition | undefined): boolean {
  if (job.metadata.deletionTimestamp || end || hasSucceeded(pod)) return true
  if (!hasFailed(pod, job)) return false
  const index = validIndexOf(pod, job)
  return index === undefined || awaitingReplacement.get(index)?.metadata.uid !== pod.metadata.uid
}

/** Of a job that failed, whatever had not ended has failed too. */
const countsAsFailed = ({ job }: JobRun, pod: Pod, end: JobCondition | undefined): boolean =>
  hasFailed(pod, job) || (end !== undefined && end.type !== 'SuccessCriteriaMet')

/** Pods whose finalizer is gone move from the list into the numbers. */
function withoutReleased(status: JobStatus, { pods, isReleased }: JobRun): JobStatus {
  const held = new Set(pods.filter((pod) => isTracked(pod) && !isReleased(pod)).map(({ metadata }) => metadata.uid))
  return settle(status, held)
}

/** Counts those of the list that are not held any more. */
export function settle(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const left = {
    succeeded: succeeded.filter((uid) => held.has(uid)),
    failed: failed.filter((uid) => held.has(uid)),
  }
  return {
    ...status,
    ...total('succeeded', (status.succeeded ?? 0) + succeeded.length - left.succeeded.length),
    ...total('failed', (status.failed ?? 0) + failed.length - left.failed.length),
    uncountedTerminatedPods: uncountedOf(left),
  }
}

const total = (name: 'succeeded' | 'failed', count: number): JobStatus => (count > 0 ? { [name]: count } : {})

const uncountedOf = ({
  succeeded,
  failed,
}: {
  succeeded: string[]
  failed: string[]
}): NonNullable<JobStatus['uncountedTerminatedPods']> => ({
  ...(succeeded.length > 0 && { succeeded }),
  ...(failed.length > 0 && { failed }),
})

export const countUncounted = ({ status }: Job): number => {
  const { succeeded = [], failed = [] } = status?.uncountedTerminatedPods ?? {}
  return succeeded.length + failed.length
}
