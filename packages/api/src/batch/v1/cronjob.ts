import { type FieldError, invalidValue, notSupported, type ResourceDefinition, required } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { ageOf } from '@tandem/apimachinery/human-duration'
import { selectorColumn } from '../../apps/v1/selector-column.ts'
import { defaultTemplate } from '../../apps/v1/workload-template.ts'
import { warnOfPodNames, warnOfTemplate } from '../../apps/v1/workload-warnings.ts'
import { nonNegative, oneOf } from '../../core/v1/field-checks.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import { parseCronSchedule } from './cron-schedule.ts'
import { validateJobSpec, warnOfManyIndexes } from './job-spec.ts'
import { defaultPodFailurePolicy } from './pod-failure-policy.ts'
import type { CronJob, CronJobSpec, JobSpec } from './types.ts'

/** The controller appends a dash and ten digits to name a job. */
const longestName = 52

function defaults(cronJob: CronJob): void {
  cronJob.spec ??= {} as CronJobSpec
  const { spec } = cronJob
  spec.schedule ??= ''
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  spec.jobTemplate ??= {}
  const jobSpec = jobSpecOf(cronJob)
  defaultTemplate(jobSpec)
  defaultPodFailurePolicy(jobSpec.podFailurePolicy)
}

/** Defaults see to it that there is one. */
const jobSpecOf = ({ spec: { jobTemplate } }: CronJob): JobSpec => {
  jobTemplate.spec ??= {} as JobSpec
  return jobTemplate.spec
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const field = 'spec.schedule'
  if (!schedule) return [required(field)]
  const errors: FieldError[] = []
  try {
    parseCronSchedule(schedule)
  } catch (error) {
    errors.push(invalidValue(field, schedule, (error as Error).message))
  }
  if (!schedule.includes('TZ')) return errors
  if (!old?.schedule.includes('TZ'))
    errors.push(invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  else if (timeZone !== undefined)
    errors.push(invalidValue(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  return errors
}

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  const field = 'spec.timeZone'
  if (timeZone === undefined) return []
  if (timeZone === '') return [invalidValue(field, timeZone, 'timeZone must be nil or non-empty string')]
  if (timeZone.toLowerCase() === 'local')
    return [
      invalidValue(
        field,
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ]
  const sound = timeZone.split('/').every((part) => /^(?!-)(?!\.{1,2}$)[A-Za-z._\-0-9+]{1,14}$/.test(part))
  return sound && isKnownZone(timeZone) ? [] : [invalidValue(field, timeZone, `unknown time zone ${timeZone}`)]
}

function isKnownZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}

function validateJobTemplate(spec: JobSpec): FieldError[] {
  const field = 'spec.jobTemplate.spec'
  const errors = validateJobSpec(field, spec)
  if (spec.selector) errors.push(invalidValue(`${field}.selector`, spec.selector, '`selector` will be auto-generated'))
  if (spec.manualSelector) errors.push(notSupported(`${field}.manualSelector`, spec.manualSelector, ['nil', 'false']))
  return errors
}

const validateSpec = (cronJob: CronJob, old?: CronJobSpec): FieldError[] => {
  const { spec } = cronJob
  return [
    ...validateSchedule(spec, old),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...(old && old.timeZone === spec.timeZone ? [] : validateTimeZone(spec.timeZone)),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...validateJobTemplate(jobSpecOf(cronJob)),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ]
}

const validateNameLength = ({ metadata: { name } }: CronJob): FieldError[] =>
  name.length > longestName
    ? [invalidValue('metadata.name', name, `must be no more than ${longestName} characters`)]
    : []

export const cronJobs: ResourceDefinition<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.batch.v1.CronJob',
  hasGeneration: true,
  subresources: { status: true },
  defaults,
  prepareForCreate: (cronJob) => {
    cronJob.status = {}
  },
  validate: (cronJob) => [...validateSpec(cronJob), ...validateNameLength(cronJob)],
  validateUpdate: (cronJob, old) => validateSpec(cronJob, old.spec),
  warnings: (cronJob, old) => [
    ...warnOfPodNames(cronJob, old),
    ...warnOfManyIndexes('spec.jobTemplate.spec', jobSpecOf(cronJob)),
    ...warnOfTemplate('spec.jobTemplate.spec.template', {
      template: jobSpecOf(cronJob).template,
      old: old && jobSpecOf(old).template,
    }),
    ...(old && cronJob.spec.schedule.includes('TZ')
      ? [
          'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
        ]
      : []),
  ],
  columns: [
    nameColumn,
    { name: 'Schedule', type: 'string', description: 'When it runs.', value: ({ spec }) => spec.schedule },
    {
      name: 'Timezone',
      type: 'string',
      description: 'The time zone of the schedule.',
      value: ({ spec }) => spec.timeZone ?? '<none>',
    },
    {
      name: 'Suspend',
      type: 'boolean',
      description: 'Whether it pauses.',
      value: ({ spec: { suspend } }) => (suspend === undefined ? '<unset>' : suspend ? 'True' : 'False'),
    },
    {
      name: 'Active',
      type: 'integer',
      description: 'Number of jobs that run.',
      value: ({ status }) => status?.active?.length ?? 0,
    },
    {
      name: 'Last Schedule',
      type: 'string',
      description: 'Time since it last started a job.',
      value: ({ status }, now) => (status?.lastScheduleTime ? ageOf(status.lastScheduleTime, now) : '<none>'),
    },
    ageColumn,
    ...containerColumns<CronJob>((cronJob) => jobSpecOf(cronJob).template, 1),
    selectorColumn<CronJob>((cronJob) => jobSpecOf(cronJob).selector),
  ],
}
