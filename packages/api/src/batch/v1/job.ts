import {
  type FieldError,
  invalidValue,
  type ResourceDefinition,
  required,
  validateDns1123Label,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { humanDuration } from '@tandem/apimachinery/human-duration'
import { selectorColumn } from '../../apps/v1/selector-column.ts'
import { defaultTemplate } from '../../apps/v1/workload-template.ts'
import { warnOfPodNames, warnOfTemplate } from '../../apps/v1/workload-warnings.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { isConditionTrue } from './job-condition.ts'
import {
  generateSelector,
  hasPrefixedLabels,
  validateGeneratedSelector,
  validateSelectorMatchesPods,
} from './job-selector.ts'
import { validateJobSpec, warnOfManyIndexes } from './job-spec.ts'
import { validateJobStatusUpdate } from './job-status.ts'
import { validateJobSpecUpdate } from './job-update.ts'
import { defaultPodFailurePolicy } from './pod-failure-policy.ts'
import type { Job, JobSpec } from './types.ts'

const maxInt32 = 2 ** 31 - 1

function defaults(job: Job): void {
  job.spec ??= {} as JobSpec
  const { spec } = job
  defaultTemplate(spec)
  defaultPodFailurePolicy(spec.podFailurePolicy)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32
  defaultLabels(job)
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
}

/** A job without labels has those of its pods. */
function defaultLabels({ metadata, spec }: Job): void {
  const { labels } = spec.template.metadata ?? {}
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
}

/** The controller appends an index to the host names of an indexed job's pods; the last one must be good, too. */
function validateHostnames({ metadata: { name }, spec }: Job): FieldError[] {
  const { completionMode, completions = 0 } = spec
  if (completionMode !== 'Indexed' || completions <= 0) return []
  const longest = `${name}-${completions - 1}`
  return validateDns1123Label(longest).length > 0
    ? [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`)]
    : []
}

const validateSpec = (job: Job): FieldError[] => [
  ...validateJobSpec('spec', job.spec),
  ...(job.spec.selector ? validateLabelSelector('spec.selector', job.spec.selector) : [required('spec.selector')]),
  ...validateSelectorMatchesPods(job),
]

function statusOf({ metadata, status = {} }: Job): string {
  if (isConditionTrue(status, 'Complete')) return 'Complete'
  if (isConditionTrue(status, 'Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  const others = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']
  return others.find((type) => isConditionTrue(status, type)) ?? 'Running'
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`
}

function durationOf({ status }: Job, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}

export const jobs: ResourceDefinition<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.batch.v1.Job',
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  subresources: { status: true },
  defaults,
  prepareForCreate: (job) => {
    if (!job.spec.manualSelector) generateSelector(job)
    defaultLabels(job)
    job.status = {}
  },
  validate: (job) => [
    ...validateGeneratedSelector(job, { prefixed: true }),
    ...validateSpec(job),
    ...validateHostnames(job),
  ],
  validateUpdate: (job, old) => [
    ...validateGeneratedSelector(job, { prefixed: hasPrefixedLabels(old) }),
    ...validateSpec(job),
    ...validateHostnames(job),
    ...validateJobSpecUpdate(job, old),
  ],
  validateStatusUpdate: validateJobStatusUpdate,
  warnings: (job, old) => [
    ...warnOfPodNames(job, old),
    ...warnOfManyIndexes('spec', job.spec),
    ...warnOfTemplate('spec.template', { template: job.spec.template, old: old?.spec.template }),
  ],
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'Status of the job.', value: statusOf },
    {
      name: 'Completions',
      type: 'string',
      description: 'Number of pods that succeeded, of those that should.',
      value: completionsOf,
    },
    { name: 'Duration', type: 'string', description: 'Time required to complete the job.', value: durationOf },
    ageColumn,
    ...containerColumns<Job>(({ spec }) => spec.template, 1),
    selectorColumn<Job>(({ spec }) => spec.selector),
  ],
}
