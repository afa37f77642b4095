import type { Pod } from '@tandem/api/core/v1/types'
import { failuresOf, finishedAt, ignoredFailuresOf } from './job-pods.ts'

const firstDelayMs = 10_000
const longestDelayMs = 600_000

/** How often a job's pods failed since one succeeded, and when last. */
export interface FailureRecord {
  failures: number
  lastFailureAt: number
}

export const noFailures: FailureRecord = { failures: 0, lastFailureAt: Number.NEGATIVE_INFINITY }

export function nextRecord(
  record: FailureRecord,
  { succeeded, failed }: { succeeded: readonly Pod[]; failed: readonly Pod[] },
): FailureRecord {
  const failures = failed.map(finishedAt)
  if (succeeded.length === 0) {
    if (failures.length === 0) return record
    return { failures: record.failures + failures.length, lastFailureAt: Math.max(...failures) }
  }
  const lastSuccess = Math.max(...succeeded.map(finishedAt))
  const since = failures.filter((time) => time > lastSuccess)
  return { failures: since.length, lastFailureAt: Math.max(...since) }
}

/** Milliseconds until the next pod may be made: ten seconds after a failure, then twice as many each time. */
export function remainingDelay({ failures, lastFailureAt }: FailureRecord, now: number): number {
  if (failures === 0) return 0
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1))
  return Math.max(0, lastFailureAt + delay - now)
}

/** The same for one index, of which the last pod that failed knows the number of failures. */
export const remainingDelayOfIndex = (lastFailed: Pod | undefined, now: number): number =>
  lastFailed
    ? remainingDelay(
        { failures: failuresOf(lastFailed) + ignoredFailuresOf(lastFailed) + 1, lastFailureAt: finishedAt(lastFailed) },
        now,
      )
    : 0
