import { jobs } from '@tandem/api/batch/v1/job'
import type { Job } from '@tandem/api/batch/v1/types'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import type { New } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { judgeFailure } from './failure-policy.ts'
import {
  failureCountAnnotation,
  failuresOf,
  ignoredFailureCountAnnotation,
  ignoredFailuresOf,
  indexAnnotation,
  trackingFinalizer,
} from './job-pods.ts'
import { hasBackoffLimitPerIndex, isIndexed } from './traits.ts'

const indexVariable = 'JOB_COMPLETION_INDEX'
/** What is left of a generated name before five random characters. */
const longestPrefix = 58

export interface PodOfJob {
  index: number | undefined
  /** The pod that failed in this index before. */
  replaces?: Pod | undefined
}

export function podOfJob(job: Job, { index, replaces }: PodOfJob): New<Pod> {
  const pod = podFromTemplate(job.spec.template, {
    namespace: job.metadata.namespace,
    ownerName: job.metadata.name,
    reference: controllerReference(jobs, job),
  })
  const { metadata, spec } = pod
  metadata.finalizers = [...(metadata.finalizers ?? []).filter((name) => name !== trackingFinalizer), trackingFinalizer]
  if (!isIndexed(job) || index === undefined) return pod
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) addIndexVariable(container)
  metadata.generateName = prefixOf(job.metadata.name, index)
  metadata.labels = { ...metadata.labels, [indexAnnotation]: String(index) }
  metadata.annotations = {
    ...metadata.annotations,
    [indexAnnotation]: String(index),
    ...(hasBackoffLimitPerIndex(job) && failureAnnotations(job, replaces)),
  }
  spec.hostname = `${job.metadata.name}-${index}`
  return pod
}

function addIndexVariable(container: Container): void {
  if (container.env?.some(({ name }) => name === indexVariable)) return
  const fieldPath = `metadata.labels['${indexAnnotation}']`
  container.env = [...(container.env ?? []), { name: indexVariable, valueFrom: { fieldRef: { fieldPath } } }]
}

const prefixOf = (name: string, index: number): string => {
  const suffix = `-${index}-`
  return name.slice(0, longestPrefix - suffix.length) + suffix
}

function failureAnnotations(job: Job, replaces: Pod | undefined): Record<string, string> {
  const counts = replaces && judgeFailure(job, replaces).counts
  const failures = replaces ? failuresOf(replaces) + (counts ? 1 : 0) : 0
  const ignored = replaces ? ignoredFailuresOf(replaces) + (counts ? 0 : 1) : 0
  return {
    [failureCountAnnotation]: String(failures),
    ...(ignored > 0 && { [ignoredFailureCountAnnotation]: String(ignored) }),
  }
}
