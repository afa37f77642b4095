import type { Job } from '@tandem/api/batch/v1/types'

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'
export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true
export const hasBackoffLimitPerIndex = ({ spec }: Job): boolean => spec.backoffLimitPerIndex !== undefined
export const completionsOf = ({ spec }: Job): number => spec.completions ?? 0

/** Pods that are being deleted count as running until they have ended. */
export const onlyReplacesFailed = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined

/** Somebody else's controller looks after it. */
export const isManagedElsewhere = ({ spec }: Job): boolean =>
  spec.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller'
