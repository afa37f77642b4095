import type { Job, JobSpec, JobStatus } from '@tandem/api/batch/v1/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { failureCountAnnotation, indexAnnotation, trackingFinalizer } from '../../src/jobs/job-pods.ts'

export const noon = Date.parse('2026-01-01T12:00:00Z')

export const someJob = (spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job =>
  ({
    metadata: { name: 'job', namespace: 'ns', uid: 'job' },
    spec: { parallelism: 1, backoffLimit: 6, template: { spec: { containers: [{ name: 'c' }] } }, ...spec },
    status,
  }) as unknown as Job

export interface SomePod {
  phase?: string
  index?: number
  failures?: number
  deleted?: boolean
  tracked?: boolean
  /** Seconds after noon. */
  endedAt?: number
  exitCode?: number
  conditions?: { type: string; status: string }[]
  restarts?: number
}

let count = 0
export function somePod(pod: SomePod = {}): Pod {
  const {
    phase = 'Running',
    index,
    failures,
    deleted,
    tracked = true,
    endedAt = 0,
    exitCode,
    conditions,
    restarts,
  } = pod
  const name = `pod-${count++}`
  const finishedAt = new Date(noon + endedAt * 1000).toISOString()
  return {
    metadata: {
      name,
      namespace: 'ns',
      uid: name,
      creationTimestamp: '2026-01-01T11:00:00Z',
      finalizers: tracked ? [trackingFinalizer] : [],
      annotations: {
        ...(index !== undefined && { [indexAnnotation]: String(index) }),
        ...(failures !== undefined && { [failureCountAnnotation]: String(failures) }),
      },
      ...(deleted && { deletionTimestamp: finishedAt }),
    },
    spec: { containers: [{ name: 'c' }] },
    status: {
      phase,
      conditions,
      containerStatuses: [
        {
          name: 'c',
          restartCount: restarts ?? 0,
          state: ['Succeeded', 'Failed'].includes(phase) ? { terminated: { exitCode: exitCode ?? 0, finishedAt } } : {},
        },
      ],
    },
  } as unknown as Pod
}
