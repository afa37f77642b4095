import type { JobSpec, JobStatus } from '@tandem/api/batch/v1/types'
import t from 'tap'
import { newCondition } from '../../src/jobs/conditions.ts'
import { decideEnd } from '../../src/jobs/end.ts'
import { runOf } from '../../src/jobs/run.ts'
import { noon, type SomePod, someJob, somePod } from './some-job.ts'

interface Row {
  name: string
  spec?: Partial<JobSpec>
  status?: JobStatus
  pods?: SomePod[]
  expected: string | undefined
}
const indexed = { completionMode: 'Indexed', completions: 3 } as const
const failed = { phase: 'Failed', exitCode: 1 }

const rows: Row[] = [
  { name: 'it runs', pods: [{}], expected: undefined },
  { name: 'as many failures as are allowed', spec: { backoffLimit: 1 }, pods: [failed], expected: undefined },
  { name: 'one more', spec: { backoffLimit: 0 }, pods: [failed], expected: 'FailureTarget BackoffLimitExceeded' },
  {
    name: 'failures of before count',
    spec: { backoffLimit: 2 },
    status: { failed: 1, uncountedTerminatedPods: { failed: ['x'] } },
    pods: [failed],
    expected: 'FailureTarget BackoffLimitExceeded',
  },
  {
    name: 'a pod that is deleted has failed',
    spec: { backoffLimit: 0 },
    pods: [{ deleted: true }],
    expected: 'FailureTarget BackoffLimitExceeded',
  },
  {
    name: 'not where only what failed is replaced',
    spec: { backoffLimit: 0, podReplacementPolicy: 'Failed' },
    pods: [{ deleted: true }],
    expected: undefined,
  },
  {
    name: 'containers that start again',
    spec: { backoffLimit: 2, template: { spec: { restartPolicy: 'OnFailure', containers: [] } } },
    pods: [{ restarts: 2 }],
    expected: 'FailureTarget BackoffLimitExceeded',
  },
  {
    name: 'a failure that is ignored',
    spec: {
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
    },
    pods: [{ ...failed, conditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    expected: undefined,
  },
  {
    name: 'a failure that fails the job',
    spec: { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [3] } }] } },
    pods: [failed],
    expected: 'FailureTarget PodFailurePolicy',
  },
  {
    name: 'too long',
    spec: { activeDeadlineSeconds: 10 },
    status: { startTime: '2026-01-01T11:59:50Z' },
    expected: 'FailureTarget DeadlineExceeded',
  },
  {
    name: 'too long, but suspended',
    spec: { activeDeadlineSeconds: 10, suspend: true },
    status: { startTime: '2026-01-01T11:59:50Z' },
    expected: undefined,
  },
  {
    name: 'an index failed, others go on',
    spec: { ...indexed, backoffLimitPerIndex: 0, backoffLimit: 99 },
    pods: [{ ...failed, index: 0 }, { index: 1 }],
    expected: undefined,
  },
  {
    name: 'an index failed, others are done',
    spec: { ...indexed, backoffLimitPerIndex: 1, backoffLimit: 99 },
    status: { completedIndexes: '1' },
    pods: [
      { ...failed, index: 0, failures: 1 },
      { phase: 'Succeeded', index: 2 },
    ],
    expected: 'FailureTarget FailedIndexes',
  },
  {
    name: 'too many indexes failed',
    spec: { ...indexed, backoffLimitPerIndex: 0, backoffLimit: 99, maxFailedIndexes: 1 },
    status: { failedIndexes: '1' },
    pods: [{ ...failed, index: 0 }],
    expected: 'FailureTarget MaxFailedIndexesExceeded',
  },
  {
    name: 'a policy is content with two of three',
    spec: {
      ...indexed,
      successPolicy: { rules: [{ succeededIndexes: '0' }, { succeededIndexes: '0-2', succeededCount: 2 }] },
    },
    status: { completedIndexes: '1' },
    pods: [{ phase: 'Succeeded', index: 2 }],
    expected: 'SuccessCriteriaMet SuccessPolicy',
  },
  {
    name: 'what was decided stays',
    spec: { backoffLimit: 9 },
    status: { conditions: [newCondition('FailureTarget', { reason: 'DeadlineExceeded', message: '' }, noon)] },
    expected: 'FailureTarget DeadlineExceeded',
  },
]
for (const { name, spec, status, pods = [], expected } of rows)
  t.test(name, async (t) => {
    const end = decideEnd(runOf(someJob(spec, status), pods.map(somePod), new Set()), noon)
    t.equal(end && `${end.type} ${end.reason}`, expected)
  })
