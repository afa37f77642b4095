import type { Pod } from '@tandem/api/core/v1/types'
import { podsToDelete } from '../pods/deletion-order.ts'
import { type FailureRecord, remainingDelay, remainingDelayOfIndex } from './backoff.ts'
import { freeIndexes, indexesOf, mergeIndexes } from './indexes.ts'
import { indexOf, validIndexOf } from './job-pods.ts'
import type { JobRun } from './run.ts'
import { completionsOf, hasBackoffLimitPerIndex, isIndexed, isSuspended, onlyReplacesFailed } from './traits.ts'

/** No more pods than this are made or deleted in one step. */
const mostAtOnce = 500

/** The next step towards the number of pods that should run. Deleting goes before making. */
export interface PodPlan {
  remove: readonly Pod[]
  /** An index each, or undefined for pods of a job without. */
  create: readonly (number | undefined)[]
  /** Milliseconds until more may be made. */
  waitMs: number
}

export function planPods(run: JobRun, record: FailureRecord, now: number): PodPlan {
  const { job, active, terminating } = run
  const step: PodPlan = { remove: [], create: [], waitMs: 0 }
  if (isSuspended(job)) return { ...step, remove: active }
  const wanted = wantedActive(run)
  const remove = excessPods(run, { atLeast: Math.max(0, active.length - wanted), now }).slice(0, mostAtOnce)
  if (remove.length > 0) return { ...step, remove }
  const missing = Math.min(wanted - active.length - (onlyReplacesFailed(job) ? terminating.length : 0), mostAtOnce)
  if (missing <= 0) return step
  if (hasBackoffLimitPerIndex(job)) return { ...step, ...planIndexes(run, { missing, now }) }
  const waitMs = remainingDelay(record, now)
  if (waitMs > 0) return { ...step, waitMs }
  return { ...step, create: isIndexed(job) ? pendingIndexes(run, missing) : Array(missing).fill(undefined) }
}

/** As many as run in parallel, and no more than there is left to do. */
function wantedActive({ job, active, succeeded }: JobRun): number {
  const { parallelism = 1, completions } = job.spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(parallelism, completions - succeeded))
}

/** Each index waits by itself for what failed in it. */
function planIndexes(
  run: JobRun,
  { missing, now }: { missing: number; now: number },
): Pick<PodPlan, 'create' | 'waitMs'> {
  const pending = pendingIndexes(run, missing).map((index) => ({
    index,
    waitMs: remainingDelayOfIndex(run.awaitingReplacement.get(index), now),
  }))
  const create = pending.filter(({ waitMs }) => waitMs === 0).map(({ index }) => index)
  const waitMs = create.length > 0 || pending.length === 0 ? 0 : Math.min(...pending.map(({ waitMs }) => waitMs))
  return { create, waitMs }
}

function pendingIndexes(
  { job, active, terminating, succeededIndexes, failedIndexes }: JobRun,
  count: number,
): number[] {
  const running = [...active, ...(onlyReplacesFailed(job) ? terminating : [])]
  const taken = mergeIndexes(
    mergeIndexes(succeededIndexes, failedIndexes ?? []),
    indexesOf(running.flatMap((pod) => indexOf(pod) ?? [])),
  )
  return freeIndexes(taken, { count, completions: completionsOf(job) })
}

/** Pods that do what another does or what nobody wants, and others until there are enough. */
function excessPods({ job, active }: JobRun, { atLeast, now }: { atLeast: number; now: number }): Pod[] {
  const excess = isIndexed(job) ? superfluousPods(job, active, now) : []
  if (excess.length >= atLeast) return excess
  const gone = new Set(excess)
  const left = active.filter((pod) => !gone.has(pod))
  return [...excess, ...podsToDelete(left, { count: atLeast - excess.length, related: [], now })]
}

function superfluousPods(job: JobRun['job'], active: readonly Pod[], now: number): Pod[] {
  const byIndex = Map.groupBy(active, (pod) => validIndexOf(pod, job))
  return [...byIndex].flatMap(([index, pods]) =>
    index === undefined ? pods : podsToDelete(pods, { count: pods.length - 1, related: [], now }),
  )
}
