import { cronJobs } from '@tandem/api/batch/v1/cronjob'
import type { CronJob, Job, JobSpec } from '@tandem/api/batch/v1/types'
import type { New } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

/** The same time has the same name: a run cannot be started twice. */
export const jobNameAt = ({ metadata }: CronJob, time: number): string =>
  `${metadata.name}-${Math.floor(time / 60_000)}`

export function jobAt(cronJob: CronJob, time: number): New<Job> {
  const { jobTemplate, timeZone } = cronJob.spec
  const { labels, annotations } = jobTemplate.metadata ?? {}
  return {
    metadata: {
      name: jobNameAt(cronJob, time),
      ...(cronJob.metadata.namespace && { namespace: cronJob.metadata.namespace }),
      labels: { ...labels },
      annotations: { ...annotations, [scheduledAnnotation]: localTime(time, timeZone || 'UTC') },
      ownerReferences: [controllerReference(cronJobs, cronJob)],
    },
    spec: structuredClone(jobTemplate.spec) as JobSpec,
  }
}

/** `2026-01-01T12:00:00+01:00` */
const localTime = (time: number, timeZone: string): string => {
  const local = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone)
  return local.toString({ timeZoneName: 'never', smallestUnit: 'second' }).replace('+00:00', 'Z')
}
