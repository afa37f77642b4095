import assert from 'node:assert/strict'
import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import type { DaemonSet, DaemonSetSpec } from '@tandem/api/apps/v1/types'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({ controllers: ['daemonset-controller', 'serviceaccount-controller'] })
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

for (const name of ['n1', 'n2', 'n3']) await client.create(nodes, { metadata: { name, labels: { name } }, spec: {} })

const template = (app: string, image = 'one') => ({
  metadata: { labels: { app } } as never,
  spec: { containers: [{ name: 'c', image }] },
})
const create = (name: string, spec: Partial<DaemonSetSpec> = {}) =>
  client.create(daemonSets, {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        ...template(name),
        spec: { ...template(name).spec, tolerations: [{ operator: 'Exists' }] },
      },
      ...spec,
    },
  })
const get = (name: string) => client.get(daemonSets, { namespace, name })
const podsOf = async (app: string) => (await client.list(pods, { namespace, labelSelector: `app=${app}` })).items
/** What scheduler and kubelets do. */
const drive = async (app: string) => {
  for (const { metadata, spec } of await podsOf(app)) {
    const target = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
    const name = target?.matchFields?.[0]?.values?.[0]
    if (spec.nodeName || !name || metadata.deletionTimestamp) continue
    const binding = { metadata: { name: metadata.name, namespace }, target: { kind: 'Node', name } }
    await client
      .createSubresource(pods, { namespace, name: metadata.name }, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        ...binding,
      })
      .catch(() => undefined)
  }
  await runPods(({ metadata, spec }) => metadata.labels?.app === app && Boolean(spec.nodeName))
}
const settled = (name: string, check: (set: DaemonSet) => unknown) =>
  eventually(async () => {
    await drive(name)
    const set = await get(name)
    assert.equal(set.status?.observedGeneration, set.metadata.generation)
    await check(set)
    return set
  })
const imagesOf = async (app: string) =>
  (await podsOf(app)).map(({ spec }) => `${spec.nodeName} ${spec.containers[0]?.image}`).sort()

t.test('one pod on every node, and on those that come and stay', async (t) => {
  await create('all')
  const { status } = await settled('all', ({ status }) => assert.equal(status?.numberAvailable, 3))
  t.match(status, {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberMisscheduled: 0,
  })
  await client.create(nodes, { metadata: { name: 'n4', labels: { name: 'n4' } }, spec: {} })
  await settled('all', ({ status }) => assert.equal(status?.numberAvailable, 4))
  const [first] = await podsOf('all')
  await client.delete(pods, { namespace, name: first?.metadata.name ?? '' }, { gracePeriodSeconds: 0 })
  await settled('all', async ({ status }) => {
    assert.equal(status?.numberAvailable, 4)
    assert.ok((await podsOf('all')).every(({ metadata }) => metadata.uid !== first?.metadata.uid))
  })
  await client.delete(nodes, { name: 'n4' })
  await settled('all', ({ status }) => assert.equal(status?.desiredNumberScheduled, 3))
})

t.test('a new template is rolled out, and the old one comes back with its revision', async (t) => {
  await create('rolling')
  await settled('rolling', ({ status }) => assert.equal(status?.numberAvailable, 3))
  const change = (image: string) =>
    client.patch(
      daemonSets,
      { namespace, name: 'rolling' },
      { type: 'strategic', body: { spec: { template: template('rolling', image) } } },
    )
  let fewest = 3
  await change('two')
  await settled('rolling', async ({ status }) => {
    fewest = Math.min(fewest, status?.numberReady ?? 0)
    assert.deepEqual(await imagesOf('rolling'), ['n1 two', 'n2 two', 'n3 two'])
    assert.equal(status?.updatedNumberScheduled, 3)
  })
  t.ok(fewest >= 1)
  await change('one')
  await settled('rolling', async () => assert.deepEqual(await imagesOf('rolling'), ['n1 one', 'n2 one', 'n3 one']))
  const { items } = await client.list(controllerRevisions, { namespace, labelSelector: 'app=rolling' })
  t.same(items.map(({ revision }) => revision).sort(), [2, 3])
})

t.test('a node that loses its label loses its pod; OnDelete waits for a hand', async (t) => {
  const spec = {
    ...template('some').spec,
    nodeSelector: { color: 'blue' },
    tolerations: [{ operator: 'Exists' as const }],
  }
  await create('some', { template: { ...template('some'), spec }, updateStrategy: { type: 'OnDelete' } })
  const paint = (name: string, color: string | null) =>
    client.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels: { color } } } })
  await settled('some', ({ status }) => assert.equal(status?.desiredNumberScheduled, 0))
  await paint('n1', 'blue')
  await settled('some', ({ status }) => assert.equal(status?.numberAvailable, 1))
  await client.patch(
    daemonSets,
    { namespace, name: 'some' },
    { type: 'strategic', body: { spec: { template: template('some', 'two') } } },
  )
  await settled('some', ({ status }) => assert.equal(status?.updatedNumberScheduled, undefined))
  t.same(await imagesOf('some'), ['n1 one'])
  await paint('n1', null)
  await settled('some', async () => assert.deepEqual(await imagesOf('some'), []))
})

t.test('a pod that failed is replaced', async (t) => {
  await create('failing')
  await settled('failing', ({ status }) => assert.equal(status?.numberAvailable, 3))
  const [pod] = await podsOf('failing')
  const key = { namespace, name: pod?.metadata.name ?? '' }
  await client.patch(pods, key, { type: 'merge', body: { status: { phase: 'Failed' } } }, { subresource: 'status' })
  await settled('failing', async ({ status }) => {
    assert.ok((await podsOf('failing')).every(({ metadata }) => metadata.uid !== pod?.metadata.uid))
    assert.equal(status?.numberAvailable, 3)
  })
  t.ok(true)
})
