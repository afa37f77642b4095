import assert from 'node:assert/strict'
import { cronJobs } from '@tandem/api/batch/v1/cronjob'
import { jobs } from '@tandem/api/batch/v1/job'
import type { CronJobSpec, Job } from '@tandem/api/batch/v1/types'
import { events } from '@tandem/api/core/v1/event'
import { controllerOf } from '@tandem/apimachinery'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({ controllers: ['cronjob-controller'] })
t.teardown(() => cluster.stop())
const { client, eventually } = cluster
const namespace = 'default'

const create = (name: string, spec: Partial<CronJobSpec> = {}) =>
  client.create(cronJobs, {
    metadata: { name, namespace },
    spec: {
      schedule: '@every 1s',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
      },
      ...spec,
    },
  })
const get = (name: string) => client.get(cronJobs, { namespace, name })
const jobsOf = async (name: string): Promise<Job[]> =>
  (await client.list(jobs, { namespace })).items.filter((job) => controllerOf(job)?.name === name)
const finish = async (job: Job | undefined) => {
  const time = `${new Date().toISOString().slice(0, 19)}Z`
  const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: time,
  }))
  await client.patch(
    jobs,
    { namespace, name: job?.metadata.name ?? '' },
    { type: 'merge', body: { status: { startTime: time, completionTime: time, succeeded: 1, conditions } } },
    { subresource: 'status' },
  )
}
const reasonsOf = async (name: string) => {
  const { items } = await client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` })
  return items.map(({ reason }) => reason)
}

t.test('a job is started, seen to finish, and its time told', async (t) => {
  await create('plain')
  const [first] = await eventually(async () => {
    const { status } = await get('plain')
    const found = await jobsOf('plain')
    assert.equal(status?.active?.length, 1)
    assert.ok(found.length > 0)
    return found
  })
  t.match(first?.metadata.annotations, { 'batch.kubernetes.io/cronjob-scheduled-timestamp': /./ })
  await client.patch(cronJobs, { namespace, name: 'plain' }, { type: 'merge', body: { spec: { suspend: true } } })
  await finish(first)
  const { status } = await eventually(async () => {
    const found = await get('plain')
    assert.equal(found.status?.active, undefined)
    return found
  })
  t.match(status, { lastScheduleTime: /./, lastSuccessfulTime: /./ })
  await eventually(async () => {
    const reasons = await reasonsOf('plain')
    assert.ok(reasons.includes('SuccessfulCreate') && reasons.includes('SawCompletedJob'), String(reasons))
  })
})

t.test('where one runs already, no other is started', async (t) => {
  const { metadata } = await create('forbid', { concurrencyPolicy: 'Forbid', suspend: true })
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'forbid', uid: metadata.uid, controller: true }
  const job = await client.create(jobs, {
    metadata: { name: 'forbid-before', namespace, ownerReferences: [owner] },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
  })
  const key = { namespace, name: 'forbid' }
  const active = [{ kind: 'Job', namespace, name: 'forbid-before', uid: job.metadata.uid }]
  await client.patch(cronJobs, key, { type: 'merge', body: { status: { active } } }, { subresource: 'status' })
  await client.patch(cronJobs, key, { type: 'merge', body: { spec: { suspend: false } } })
  await eventually(async () => assert.ok((await reasonsOf('forbid')).includes('JobAlreadyActive')))
  t.equal((await jobsOf('forbid')).length, 1)
})

t.test('a job that is deleted is active no more', async (t) => {
  await create('missing', { suspend: false })
  const [job] = await eventually(async () => {
    assert.equal((await get('missing')).status?.active?.length, 1)
    return jobsOf('missing')
  })
  await client.patch(cronJobs, { namespace, name: 'missing' }, { type: 'merge', body: { spec: { suspend: true } } })
  await client.delete(jobs, { namespace, name: job?.metadata.name ?? '' }, { propagationPolicy: 'Background' })
  await eventually(async () => assert.equal((await get('missing')).status?.active, undefined))
  t.ok(true)
})

t.test('what finished beyond the limit goes', async (t) => {
  await create('history', { successfulJobsHistoryLimit: 0 })
  const [job] = await eventually(async () => {
    assert.equal((await get('history')).status?.active?.length, 1)
    return jobsOf('history')
  })
  await client.patch(cronJobs, { namespace, name: 'history' }, { type: 'merge', body: { spec: { suspend: true } } })
  await finish(job)
  await eventually(async () =>
    assert.ok((await jobsOf('history')).every(({ metadata }) => metadata.name !== job?.metadata.name)),
  )
  t.ok(true)
})
