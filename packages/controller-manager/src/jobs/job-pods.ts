import type { Job } from '@tandem/api/batch/v1/types'
import type { ContainerStatus, Pod } from '@tandem/api/core/v1/types'
import { completionsOf, onlyReplacesFailed } from './traits.ts'

/** Keeps a pod that ended from going before it is counted. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count'
export const ignoredFailureCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'

export const isTracked = ({ metadata }: Pod): boolean => (metadata.finalizers ?? []).includes(trackingFinalizer)

/** Which of an indexed job's parts the pod does; undefined where it does not say. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation] ?? ''
  return /^\+?\d+$/.test(text) ? Number(text) : undefined
}

/** An index that the job has, as it is now. */
export function validIndexOf(pod: Pod, job: Job): number | undefined {
  const index = indexOf(pod)
  return index !== undefined && index < completionsOf(job) ? index : undefined
}

const countOf = ({ metadata }: Pod, annotation: string): number => {
  const text = metadata.annotations?.[annotation] ?? ''
  const count = /^\+?\d+$/.test(text) ? Number(text) : 0
  return count < 2 ** 31 ? count : 0
}

export const failuresOf = (pod: Pod): number => countOf(pod, failureCountAnnotation)
export const ignoredFailuresOf = (pod: Pod): number => countOf(pod, ignoredFailureCountAnnotation)

/** A pod that is deleted may never get to say that it failed. */
export function hasFailed(pod: Pod, job: Job): boolean {
  const phase = pod.status?.phase
  if (phase === 'Failed') return true
  return !onlyReplacesFailed(job) && pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded'
}

export const hasSucceeded = ({ status }: Pod): boolean => status?.phase === 'Succeeded'

/** When it ended, as well as can be told. */
export function finishedAt({ metadata, spec, status }: Pod): number {
  const sidecars = new Set(
    (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const ends = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ].map(endOf)
  if (ends.length > 0 && ends.every((end) => !Number.isNaN(end))) return Math.max(...ends)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata
  return deletionTimestamp
    ? Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
    : Date.parse(creationTimestamp)
}

const endOf = ({ state }: ContainerStatus): number => Date.parse(state?.terminated?.finishedAt ?? '')
