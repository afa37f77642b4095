import type { Job } from '@tandem/api/batch/v1/types'
import { finishedCondition } from './conditions.ts'

/** Milliseconds until a job that ended is to go, below zero when it should have; undefined for one that stays. */
export function timeToLive(job: Job, now: number): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec
  const finished = finishedCondition(job)
  if (job.metadata.deletionTimestamp || ttlSecondsAfterFinished === undefined || !finished) return undefined
  const { lastTransitionTime } = finished
  if (!lastTransitionTime)
    throw new Error(`unable to find the time when the Job ${job.metadata.namespace}/${job.metadata.name} finished`)
  return Date.parse(lastTransitionTime) + ttlSecondsAfterFinished * 1000 - now
}
