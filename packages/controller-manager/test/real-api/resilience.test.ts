import assert from 'node:assert/strict'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { leases } from '@tandem/api/coordination/v1/lease'
import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { startTestCluster, type TestCluster } from './cluster.ts'

const namespace = 'default'
const create = ({ client }: TestCluster, name: string, replicas = 3) =>
  client.create(deployments, {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } } as never, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  })
const settled = ({ client, eventually, runPods }: TestCluster, name: string, replicas = 3) =>
  eventually(async () => {
    await runPods()
    const { status } = await client.get(deployments, { namespace, name })
    assert.equal(status?.availableReplicas, replicas)
    const selection = { namespace, labelSelector: `app=${name}` }
    assert.equal((await client.list(pods, selection)).items.length, replicas)
    assert.equal((await client.list(replicaSets, selection)).items.length, 1)
  })

t.test('when the API server comes back the work goes on, and nothing is done twice', async (t) => {
  const cluster = await startTestCluster()
  t.teardown(() => cluster.stop())
  await create(cluster, 'before')
  await settled(cluster, 'before')
  const uids = async () => (await cluster.client.list(pods)).items.map(({ metadata }) => metadata.uid).sort()
  const before = await uids()
  await cluster.restartServer()
  await cluster.eventually(() => create(cluster, 'after'))
  await settled(cluster, 'after')
  const after = await uids()
  t.ok(
    before.every((uid) => after.includes(uid)),
    'the same pods as before',
  )
})

t.test('of two managers one works, and when it goes the other does', async (t) => {
  const cluster = await startTestCluster({ leaderElect: true })
  t.teardown(() => cluster.stop())
  const { client, eventually } = cluster
  const holder = async () =>
    (await client.get(leases, { namespace: 'kube-system', name: 'kube-controller-manager' })).spec?.holderIdentity
  const first = await eventually(async () => {
    const identity = await holder()
    assert.ok(identity)
    return identity
  })
  const stopSecond = await cluster.startAnother()
  t.teardown(stopSecond)
  await create(cluster, 'one')
  await settled(cluster, 'one')
  t.equal(await holder(), first)
  await cluster.stopFirst()
  await create(cluster, 'two')
  await settled(cluster, 'two')
  t.not(await holder(), first)
})
