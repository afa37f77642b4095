import type { JobSpec, JobStatus } from '@tandem/api/batch/v1/types'
import t from 'tap'
import { type FailureRecord, nextRecord, noFailures, remainingDelay } from '../../src/jobs/backoff.ts'
import { planPods } from '../../src/jobs/plan.ts'
import { podOfJob } from '../../src/jobs/pod-of-job.ts'
import { runOf } from '../../src/jobs/run.ts'
import { noon, type SomePod, someJob, somePod } from './some-job.ts'

interface Row {
  name: string
  spec?: Partial<JobSpec>
  status?: JobStatus
  pods?: SomePod[]
  record?: FailureRecord
  remove?: number
  create?: (number | undefined)[]
  waitMs?: number
}
const indexed = { completionMode: 'Indexed', completions: 4, parallelism: 3 } as const

const rows: Row[] = [
  { name: 'none yet', spec: { completions: 5, parallelism: 2 }, create: [undefined, undefined] },
  {
    name: 'no more than is left',
    spec: { completions: 5, parallelism: 4 },
    status: { succeeded: 3 },
    create: [undefined, undefined],
  },
  { name: 'without a number, one success is enough', spec: { parallelism: 3 }, status: { succeeded: 1 }, pods: [{}] },
  { name: 'too many', spec: { completions: 5, parallelism: 1 }, pods: [{}, {}, {}], remove: 2 },
  { name: 'suspended', spec: { suspend: true }, pods: [{}, {}], remove: 2 },
  { name: 'after failures', record: { failures: 2, lastFailureAt: noon - 5_000 }, waitMs: 15_000 },
  { name: 'long after', record: { failures: 2, lastFailureAt: noon - 20_000 }, create: [undefined] },
  { name: 'what ends is replaced at once', spec: { completions: 1 }, pods: [{ deleted: true }], create: [undefined] },
  { name: 'or when it has ended', spec: { completions: 1, podReplacementPolicy: 'Failed' }, pods: [{ deleted: true }] },
  {
    name: 'indexes that are free',
    spec: indexed,
    status: { completedIndexes: '1' },
    pods: [{ index: 0 }],
    create: [2, 3],
  },
  { name: 'the same index twice', spec: indexed, pods: [{ index: 0 }, { index: 0 }, { index: 9 }], remove: 2 },
  {
    name: 'each index waits by itself',
    spec: { ...indexed, backoffLimitPerIndex: 5 },
    status: { completedIndexes: '2,3' },
    pods: [{ phase: 'Failed', index: 0, failures: 0 }],
    create: [1],
  },
  {
    name: 'all indexes wait',
    spec: { ...indexed, backoffLimitPerIndex: 5 },
    status: { completedIndexes: '1-3' },
    pods: [{ phase: 'Failed', index: 0, failures: 1, endedAt: -1 }],
    waitMs: 19_000,
  },
]
for (const { name, spec, status, pods = [], record = noFailures, remove = 0, create = [], waitMs = 0 } of rows)
  t.test(name, async (t) => {
    const plan = planPods(runOf(someJob(spec, status), pods.map(somePod), new Set()), record, noon)
    t.same({ remove: plan.remove.length, create: plan.create, waitMs: plan.waitMs }, { remove, create, waitMs })
  })

t.test('failures are counted from the last success on', async (t) => {
  const pods = (...ends: number[]) => ends.map((endedAt) => somePod({ phase: 'Failed', endedAt }))
  const once = nextRecord(noFailures, { succeeded: [], failed: pods(1, 3) })
  t.same(once, { failures: 2, lastFailureAt: noon + 3_000 })
  t.equal(remainingDelay(once, noon + 3_000), 20_000)
  t.same(nextRecord(once, { succeeded: pods(5), failed: pods(4, 6) }), { failures: 1, lastFailureAt: noon + 6_000 })
  t.equal(remainingDelay({ failures: 30, lastFailureAt: noon }, noon), 600_000)
})

t.test('the pod of an index learns from the one it replaces', async (t) => {
  const job = someJob({ ...indexed, backoffLimitPerIndex: 3 })
  const pod = podOfJob(job, { index: 2, replaces: somePod({ phase: 'Failed', index: 2, failures: 1 }) })
  t.match(pod.metadata, {
    generateName: 'job-2-',
    annotations: {
      'batch.kubernetes.io/job-completion-index': '2',
      'batch.kubernetes.io/job-index-failure-count': '2',
    },
    labels: { 'batch.kubernetes.io/job-completion-index': '2' },
    finalizers: ['batch.kubernetes.io/job-tracking'],
  })
  t.equal(pod.spec.hostname, 'job-2')
})
