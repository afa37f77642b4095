import assert from 'node:assert/strict'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { pods } from '@tandem/api/core/v1/pod'
import { resourceQuotas } from '@tandem/api/core/v1/resourcequota'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({ controllers: ['resourcequota-controller', 'serviceaccount-controller'] })
t.teardown(() => cluster.stop())
const { client, eventually } = cluster
const namespace = 'default'

const usedIs = (name: string, used: Record<string, string>) =>
  eventually(async () => {
    const { status } = await client.get(resourceQuotas, { namespace, name })
    assert.deepEqual(status?.used, used)
  })
const pod = (name: string, spec: object = {}) =>
  client.create(pods, {
    metadata: { name, namespace },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '200m' } } }], ...spec },
  })

t.test('a quota is answered, charged, and given back', async (t) => {
  const hard = { pods: '2', 'requests.cpu': '1', 'count/replicasets.apps': '1', 'count/configmaps': '5' }
  await client.create(configMaps, { metadata: { name: 'before', namespace } })
  await client.create(resourceQuotas, { metadata: { name: 'all', namespace }, spec: { hard } })
  await usedIs('all', { pods: '0', 'requests.cpu': '0', 'count/replicasets.apps': '0', 'count/configmaps': '1' })
  await pod('one')
  await pod('two')
  await t.rejects(pod('three'), { message: /exceeded quota: all, requested: pods=1, used: pods=2, limited: pods=2/ })
  await usedIs('all', { pods: '2', 'requests.cpu': '400m', 'count/replicasets.apps': '0', 'count/configmaps': '1' })
  await client.delete(pods, { namespace, name: 'one' }, { gracePeriodSeconds: 0 })
  await client.patch(
    pods,
    { namespace, name: 'two' },
    { type: 'merge', body: { status: { phase: 'Succeeded' } } },
    { subresource: 'status' },
  )
  await client.delete(configMaps, { namespace, name: 'before' })
  await usedIs('all', { pods: '0', 'requests.cpu': '0', 'count/replicasets.apps': '0', 'count/configmaps': '0' })
  const template = { metadata: { labels: { a: 'b' } } as never, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template }
  await client.create(replicaSets, { metadata: { name: 'rs', namespace }, spec })
  await t.rejects(client.create(replicaSets, { metadata: { name: 'more', namespace }, spec }), {
    message: /exceeded quota/,
  })
  await client.delete(replicaSets, { namespace, name: 'rs' })
  await usedIs('all', { pods: '0', 'requests.cpu': '0', 'count/replicasets.apps': '0', 'count/configmaps': '0' })
  await client.patch(
    resourceQuotas,
    { namespace, name: 'all' },
    { type: 'merge', body: { spec: { hard: { pods: '9' } } } },
  )
  await eventually(async () =>
    assert.equal((await client.get(resourceQuotas, { namespace, name: 'all' })).status?.hard?.pods, '9'),
  )
})
