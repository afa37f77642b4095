import assert from 'node:assert/strict'
import { jobs } from '@tandem/api/batch/v1/job'
import type { Job, JobSpec } from '@tandem/api/batch/v1/types'
import { events } from '@tandem/api/core/v1/event'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  controllers: [
    'job-controller',
    'ttl-after-finished-controller',
    'serviceaccount-controller',
    'garbage-collector-controller',
  ],
})
t.teardown(() => cluster.stop())
const { client, eventually } = cluster
const namespace = 'default'

const create = (name: string, spec: Partial<JobSpec> = {}) =>
  client.create(jobs, {
    metadata: { name, namespace },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
      ...spec,
    },
  })
const get = (name: string) => client.get(jobs, { namespace, name })
const podsOf = async (name: string) =>
  (await client.list(pods, { namespace, labelSelector: `batch.kubernetes.io/job-name=${name}` })).items
const conditionsOf = ({ status }: Job) =>
  (status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`)
const eventsOf = async (name: string) =>
  (await client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` })).items.map(
    ({ reason }) => reason,
  )

/** Lets the kubelet's part happen: what ends as `phase`, what is deleted ends and goes. */
async function end(name: string, phase: (pod: Pod) => 'Succeeded' | 'Failed' | 'Running', status: object = {}) {
  for (const pod of await podsOf(name)) {
    const key = { namespace, name: pod.metadata.name }
    const over = ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')
    if (pod.metadata.deletionTimestamp && !over)
      await client.patch(pods, key, { type: 'merge', body: { status: { phase: 'Failed' } } }, { subresource: 'status' })
    if (pod.metadata.deletionTimestamp) {
      await client.delete(pods, key, { gracePeriodSeconds: 0 }).catch(() => undefined)
      continue
    }
    if (over) continue
    const body = { status: { phase: phase(pod), ...status } }
    await client.patch(pods, key, { type: 'merge', body }, { subresource: 'status' }).catch(() => undefined)
  }
}
const until = (name: string, drive: () => Promise<void>, expected: (job: Job) => void) =>
  eventually(async () => {
    await drive()
    const job = await get(name)
    expected(job)
    return job
  })
const isOver = (job: Job) => assert.ok(conditionsOf(job).some((text) => /^(Complete|Failed) True/.test(text)))

t.test('three completions, two at once', async (t) => {
  await create('three', { completions: 3, parallelism: 2 })
  await eventually(async () => assert.equal((await podsOf('three')).length, 2))
  const job = await until('three', () => end('three', () => 'Succeeded'), isOver)
  t.match(job.status, { succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {}, completionTime: /./ })
  t.equal(job.status?.active, undefined)
  t.same(conditionsOf(job), ['SuccessCriteriaMet True CompletionsReached', 'Complete True CompletionsReached'])
  await eventually(async () =>
    assert.deepEqual(
      (await podsOf('three')).flatMap(({ metadata }) => metadata.finalizers ?? []),
      [],
    ),
  )
  await eventually(async () => assert.ok((await eventsOf('three')).includes('Completed')))
})

t.test('an indexed job does every index once', async (t) => {
  await create('indexed', { completions: 4, parallelism: 4, completionMode: 'Indexed' })
  const all = await eventually(async () => {
    const found = await podsOf('indexed')
    assert.equal(found.length, 4)
    return found
  })
  t.same(all.map(({ spec }) => spec.hostname).sort(), ['indexed-0', 'indexed-1', 'indexed-2', 'indexed-3'])
  t.match(all[0]?.spec.containers[0]?.env, [{ name: 'JOB_COMPLETION_INDEX' }])
  const job = await until('indexed', () => end('indexed', () => 'Succeeded'), isOver)
  t.match(job.status, { completedIndexes: '0-3', succeeded: 4 })
})

t.test('too many failures', async (t) => {
  await create('failing', { backoffLimit: 0, parallelism: 2, completions: 2 })
  const job = await until(
    'failing',
    () => end('failing', (pod) => (pod.metadata.name < 'failing-zzzzz' ? 'Failed' : 'Running')),
    isOver,
  )
  t.same(conditionsOf(job), ['FailureTarget True BackoffLimitExceeded', 'Failed True BackoffLimitExceeded'])
  t.equal(job.status?.completionTime, undefined)
  await eventually(async () => assert.ok((await eventsOf('failing')).includes('BackoffLimitExceeded')))
})

t.test('each index has a limit of its own', async (t) => {
  await create('limits', {
    completions: 2,
    parallelism: 2,
    completionMode: 'Indexed',
    backoffLimitPerIndex: 0,
  })
  const job = await until(
    'limits',
    () => end('limits', (pod) => (pod.spec.hostname === 'limits-0' ? 'Failed' : 'Succeeded')),
    isOver,
  )
  t.same(conditionsOf(job), ['FailureTarget True FailedIndexes', 'Failed True FailedIndexes'])
  t.match(job.status, { completedIndexes: '1', failedIndexes: '0', failed: 1, succeeded: 1 })
})

t.test('policies decide on failure and success', async (t) => {
  await create('policy', {
    backoffLimit: 3,
    podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
  })
  const terminated = { exitCode: 42, finishedAt: '2026-01-01T00:00:00Z' }
  const containerStatuses = [
    { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: { terminated } },
  ]
  const failed = await until('policy', () => end('policy', () => 'Failed', { containerStatuses }), isOver)
  t.same(conditionsOf(failed), ['FailureTarget True PodFailurePolicy', 'Failed True PodFailurePolicy'])
  t.match(
    failed.status?.conditions?.[1]?.message,
    /^Container c for pod default\/policy-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
  )
  await create('success', {
    completions: 3,
    parallelism: 3,
    completionMode: 'Indexed',
    successPolicy: { rules: [{ succeededIndexes: '0' }] },
  })
  const succeeded = await until(
    'success',
    () => end('success', ({ spec }) => (spec.hostname === 'success-0' ? 'Succeeded' : 'Running')),
    isOver,
  )
  t.same(conditionsOf(succeeded), ['SuccessCriteriaMet True SuccessPolicy', 'Complete True SuccessPolicy'])
  t.equal(succeeded.status?.completedIndexes, '0')
})

t.test('a suspended job has no pods, and starts its clock when it goes on', async (t) => {
  await create('paused', { suspend: true })
  const paused = await until(
    'paused',
    async () => {},
    (job) => assert.deepEqual(conditionsOf(job), ['Suspended True JobSuspended']),
  )
  t.equal(paused.status?.startTime, undefined)
  const resume = (suspend: boolean) =>
    client.patch(jobs, { namespace, name: 'paused' }, { type: 'merge', body: { spec: { suspend } } })
  await resume(false)
  await eventually(async () => assert.equal((await podsOf('paused')).length, 1))
  await resume(true)
  await until(
    'paused',
    () => end('paused', () => 'Running'),
    (job) => {
      assert.equal(job.status?.active, undefined)
      assert.equal(job.status?.terminating, 0)
    },
  )
  t.equal((await get('paused')).status?.failed, undefined)
})

t.test('a deadline; a job that is deleted; one that somebody else manages; one that is not kept', async (t) => {
  await create('late', { activeDeadlineSeconds: 1 })
  const late = await until('late', () => end('late', () => 'Running'), isOver)
  t.same(conditionsOf(late), ['FailureTarget True DeadlineExceeded', 'Failed True DeadlineExceeded'])
  await create('deleted')
  await eventually(async () => assert.equal((await podsOf('deleted')).length, 1))
  await client.delete(jobs, { namespace, name: 'deleted' }, { propagationPolicy: 'Foreground' })
  await eventually(async () => {
    await end('deleted', () => 'Running')
    await isGone(get('deleted'))
  })
  await create('managed', { managedBy: 'example.com/other' })
  await create('brief', { ttlSecondsAfterFinished: 0 })
  await eventually(async () => {
    await end('brief', () => 'Succeeded')
    await isGone(get('brief'))
  })
  t.same((await get('managed')).status, {})
})
