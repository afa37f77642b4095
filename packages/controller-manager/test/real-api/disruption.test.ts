import assert from 'node:assert/strict'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { pods } from '@tandem/api/core/v1/pod'
import { podDisruptionBudgets } from '@tandem/api/policy/v1/poddisruptionbudget'
import { isStatusError } from '@tandem/apimachinery'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  controllers: ['disruption-controller', 'deployment-controller', 'replicaset-controller', 'serviceaccount-controller'],
})
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

const statusIs = (name: string, expected: object) =>
  eventually(async () => {
    await runPods(({ spec }) => Boolean(spec.nodeName))
    assert.partialDeepStrictEqual((await client.get(podDisruptionBudgets, { namespace, name })).status, expected)
  })
const evict = async (name: string): Promise<string> => {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
  try {
    await client.createSubresource(pods, { namespace, name }, 'eviction', eviction)
    return 'evicted'
  } catch (error) {
    return isStatusError(error) ? `${error.status.code} ${error.status.details?.causes?.[0]?.message}` : String(error)
  }
}

t.test('a budget follows the pods of a deployment, and an eviction takes from it', async (t) => {
  await client.create(podDisruptionBudgets, {
    metadata: { name: 'web', namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
  })
  await statusIs('web', { disruptionsAllowed: 0, expectedPods: 0 })
  const template = {
    metadata: { labels: { app: 'web' } } as never,
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  }
  await client.create(deployments, {
    metadata: { name: 'web', namespace },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
  })
  await statusIs('web', { disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3 })
  const [first, second] = (await client.list(pods, { namespace })).items.map(({ metadata }) => metadata.name)
  t.equal(await evict(first ?? ''), 'evicted')
  t.match(await evict(second ?? ''), /^429 The disruption budget web /)
  await statusIs('web', { disruptionsAllowed: 1, currentHealthy: 3 })
})

t.test('a budget over pods of no scale says why it allows nothing', async (t) => {
  await client.create(pods, {
    metadata: {
      name: 'odd',
      namespace,
      labels: { app: 'odd' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'none', uid: 'none', controller: true }],
    },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  })
  await client.create(podDisruptionBudgets, {
    metadata: { name: 'odd', namespace },
    spec: { minAvailable: '50%', selector: { matchLabels: { app: 'odd' } } },
  })
  await statusIs('odd', {
    disruptionsAllowed: 0,
    conditions: [{ reason: 'SyncFailed', message: 'found no controllers for pod "odd"' }],
  })
  t.ok(true)
})
