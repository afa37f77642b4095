import type { Job } from '@tandem/api/batch/v1/types'
import { countCommon, countIndexes, type Indexes, readIndexes } from './indexes.ts'
import { completionsOf } from './traits.ts'

/** Why the job has succeeded although not all of it has; undefined where its policy does not say so. */
export function metSuccessPolicy(job: Job, succeeded: Indexes): string | undefined {
  if (succeeded.length === 0) return undefined
  const index = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount
    const required = readIndexes(succeededIndexes, completionsOf(job))
    if (required.length === 0) return false
    const done = countCommon(required, succeeded)
    return done === countIndexes(required) || (succeededCount !== undefined && done >= succeededCount)
  })
  return index < 0 ? undefined : `Matched rules at index ${index}`
}
