import type { Job, JobStatus } from '@tandem/api/batch/v1/types'
import { isPodActive, isPodReady, isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { judgeFailure } from './failure-policy.ts'
import { countIndexes, hasIndex, type Indexes, indexesOf, mergeIndexes, readIndexes } from './indexes.ts'
import {
  failuresOf,
  finishedAt,
  hasFailed,
  hasSucceeded,
  ignoredFailuresOf,
  isTracked,
  validIndexOf,
} from './job-pods.ts'
import { completionsOf, hasBackoffLimitPerIndex, isIndexed } from './traits.ts'

/** A job with its pods, and what they add up to. */
export interface JobRun {
  readonly job: Job
  readonly pods: readonly Pod[]
  readonly active: readonly Pod[]
  /** Deleted, and not ended yet. */
  readonly terminating: readonly Pod[]
  readonly ready: number
  /** Not counted yet. */
  readonly newSucceeded: readonly Pod[]
  readonly newFailed: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  readonly succeededIndexes: Indexes
  /** Undefined where failures are not counted by index. */
  readonly failedIndexes: Indexes | undefined
  /** Of each index that is to be tried again, the pod that failed last: the next one has its count of failures from it. */
  readonly awaitingReplacement: ReadonlyMap<number, Pod>
  /** The finalizer is on its way off, as we know from having taken it. */
  isReleased(pod: Pod): boolean
}

export const statusOf = ({ status }: Job): JobStatus => status ?? {}

export function runOf(job: Job, pods: readonly Pod[], released: ReadonlySet<string>): JobRun {
  const isReleased = ({ metadata }: Pod) => released.has(metadata.uid)
  const { uncountedTerminatedPods, succeeded = 0, failed = 0 } = statusOf(job)
  const uncounted = {
    succeeded: new Set(uncountedTerminatedPods?.succeeded),
    failed: new Set(uncountedTerminatedPods?.failed),
  }
  const countable = pods.filter(
    (pod) => isTracked(pod) && !isReleased(pod) && (!isIndexed(job) || validIndexOf(pod, job) !== undefined),
  )
  const newSucceeded = countable.filter((pod) => hasSucceeded(pod) && !uncounted.succeeded.has(pod.metadata.uid))
  const newFailed = countable.filter((pod) => hasFailed(pod, job) && !uncounted.failed.has(pod.metadata.uid))
  const active = pods.filter(isPodActive)
  const run = {
    job,
    pods,
    active,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodTerminal(pod)),
    ready: active.filter(isPodReady).length,
    newSucceeded,
    newFailed,
    succeeded: succeeded + newSucceeded.length + uncounted.succeeded.size,
    failed: failed + newFailed.filter((pod) => judgeFailure(job, pod).counts).length + uncounted.failed.size,
    succeededIndexes: [],
    failedIndexes: undefined,
    awaitingReplacement: new Map<number, Pod>(),
    isReleased,
  }
  return isIndexed(job) ? withIndexes(run) : run
}

function withIndexes(run: JobRun): JobRun {
  const { job, pods } = run
  const status = statusOf(job)
  const tracked = pods.filter(isTracked)
  const indexes = (chosen: readonly Pod[]) => indexesOf(chosen.flatMap((pod) => validIndexOf(pod, job) ?? []))
  const read = (text: string | undefined) => readIndexes(text ?? '', completionsOf(job))
  const succeededIndexes = mergeIndexes(read(status.completedIndexes), indexes(tracked.filter(hasSucceeded)))
  const counted = { ...run, succeededIndexes, succeeded: countIndexes(succeededIndexes) }
  if (!hasBackoffLimitPerIndex(job)) return counted
  const failedIndexes = mergeIndexes(
    read(status.failedIndexes),
    indexes(tracked.filter((pod) => isIndexFailed(pod, job))),
  )
  return { ...counted, failedIndexes, awaitingReplacement: lastFailures(counted, failedIndexes) }
}

function isIndexFailed(pod: Pod, job: Job): boolean {
  if (!hasFailed(pod, job)) return false
  const { counts, action } = judgeFailure(job, pod)
  return action === 'FailIndex' || (counts && failuresOf(pod) >= (job.spec.backoffLimitPerIndex ?? 0))
}

function lastFailures({ job, pods, active, succeededIndexes, isReleased }: JobRun, failed: Indexes): Map<number, Pod> {
  const settled = mergeIndexes(
    mergeIndexes(succeededIndexes, failed),
    indexesOf(active.flatMap((pod) => validIndexOf(pod, job) ?? [])),
  )
  const last = new Map<number, Pod>()
  for (const pod of pods) {
    const index = validIndexOf(pod, job)
    if (index === undefined || !isTracked(pod) || isReleased(pod) || !hasFailed(pod, job) || hasIndex(settled, index))
      continue
    const other = last.get(index)
    const isLater = !other || (allFailures(other) <= allFailures(pod) && finishedAt(other) <= finishedAt(pod))
    if (isLater) last.set(index, pod)
  }
  return last
}

const allFailures = (pod: Pod): number => failuresOf(pod) + ignoredFailuresOf(pod)
