import assert from 'node:assert/strict'
import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import type { StatefulSet, StatefulSetSpec } from '@tandem/api/apps/v1/types'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  controllers: ['statefulset-controller', 'serviceaccount-controller', 'garbage-collector-controller'],
})
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

const template = (app: string, image = 'one') => ({
  metadata: { labels: { app } } as never,
  // On a node, so that its end takes time.
  spec: { nodeName: 'n1', containers: [{ name: 'c', image }] },
})
const create = (name: string, spec: Partial<StatefulSetSpec> = {}) =>
  client.create(statefulSets, {
    metadata: { name, namespace },
    spec: {
      serviceName: name,
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: template(name),
      ...spec,
    },
  })
const change = (name: string, spec: object) =>
  client.patch(statefulSets, { namespace, name }, { type: 'merge', body: { spec } })
const get = (name: string) => client.get(statefulSets, { namespace, name })
const podsOf = async (app: string) =>
  (await client.list(pods, { namespace, labelSelector: `app=${app}` })).items.toSorted((a, b) =>
    a.metadata.name < b.metadata.name ? -1 : 1,
  )
const imagesOf = async (app: string) =>
  (await podsOf(app)).map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0]?.image}`)
const run = (app: string, selects: (pod: Pod) => boolean = () => true) =>
  runPods((pod) => pod.metadata.labels?.app === app && selects(pod))
const settled = (name: string, check: (set: StatefulSet) => unknown = () => undefined) =>
  eventually(async () => {
    await run(name)
    const set = await get(name)
    const { status, spec, metadata } = set
    assert.equal(status?.observedGeneration, metadata.generation)
    assert.equal(status?.readyReplicas ?? 0, spec.replicas)
    assert.equal(status?.replicas, spec.replicas)
    await check(set)
    return set
  })

t.test('pods come one after the other, each with its name, and go in reverse', async (t) => {
  await create('web')
  await eventually(async () => assert.deepEqual(await imagesOf('web'), ['web-0 one']))
  await run('web', ({ metadata }) => metadata.name !== 'web-1')
  await eventually(async () => assert.deepEqual(await imagesOf('web'), ['web-0 one', 'web-1 one']))
  const set = await settled('web')
  const [first] = await podsOf('web')
  t.match(first, {
    metadata: { labels: { 'statefulset.kubernetes.io/pod-name': 'web-0', 'apps.kubernetes.io/pod-index': '0' } },
    spec: { hostname: 'web-0', subdomain: 'web' },
  })
  t.equal(first?.metadata.labels?.['controller-revision-hash'], set.status?.updateRevision)
  t.match(set.status, { replicas: 3, readyReplicas: 3, availableReplicas: 3, currentReplicas: 3, updatedReplicas: 3 })
  await change('web', { replicas: 1 })
  await eventually(async () => {
    const going = (await podsOf('web')).filter(({ metadata }) => metadata.deletionTimestamp)
    assert.deepEqual(
      going.map(({ metadata }) => metadata.name),
      ['web-2'],
    )
  })
  await settled('web')
  t.same(await imagesOf('web'), ['web-0 one'])
})

t.test('a template that changes is rolled out from the highest down to the partition, and back', async (t) => {
  await create('rolling', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } })
  await settled('rolling')
  await change('rolling', { template: template('rolling', 'two') })
  await settled('rolling', (set) => assert.equal(set.status?.updatedReplicas, 2))
  t.same(await imagesOf('rolling'), ['rolling-0 one', 'rolling-1 two', 'rolling-2 two'])
  const { status } = await get('rolling')
  t.not(status?.currentRevision, status?.updateRevision)
  await client.delete(pods, { namespace, name: 'rolling-0' }, { gracePeriodSeconds: 0 })
  await settled('rolling', async () => assert.equal((await imagesOf('rolling'))[0], 'rolling-0 one'))
  await change('rolling', { updateStrategy: { rollingUpdate: { partition: 0 } } })
  await settled('rolling', (set) => assert.equal(set.status?.currentRevision, set.status?.updateRevision))
  t.same(await imagesOf('rolling'), ['rolling-0 two', 'rolling-1 two', 'rolling-2 two'])
  await change('rolling', { template: template('rolling', 'one') })
  await settled('rolling', (set) => assert.equal(set.status?.currentRevision, set.status?.updateRevision))
  const { items } = await client.list(controllerRevisions, { namespace, labelSelector: 'app=rolling' })
  t.same(items.map(({ revision }) => revision).sort(), [2, 3], 'the old template is the newest again')
})

t.test('all at once, from another ordinal, with several missing during an update', async (t) => {
  await create('parallel', {
    podManagementPolicy: 'Parallel',
    ordinals: { start: 5 },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
  })
  await eventually(async () =>
    assert.deepEqual(await imagesOf('parallel'), ['parallel-5 one', 'parallel-6 one', 'parallel-7 one']),
  )
  await settled('parallel')
  await change('parallel', { template: template('parallel', 'two') })
  await eventually(async () => {
    const going = (await podsOf('parallel')).filter(({ metadata }) => metadata.deletionTimestamp)
    assert.deepEqual(
      going.map(({ metadata }) => metadata.name),
      ['parallel-6', 'parallel-7'],
    )
  })
  await settled('parallel', (set) => assert.equal(set.status?.currentRevision, set.status?.updateRevision))
  t.ok(true)
})

t.test('OnDelete leaves pods alone; a pod that failed is made anew', async (t) => {
  await create('manual', { replicas: 1, updateStrategy: { type: 'OnDelete' } })
  await settled('manual')
  await change('manual', { template: template('manual', 'two') })
  await settled('manual', (set) => assert.equal(set.status?.updatedReplicas, undefined))
  t.same(await imagesOf('manual'), ['manual-0 one'])
  const uid = (await podsOf('manual'))[0]?.metadata.uid
  const key = { namespace, name: 'manual-0' }
  await client.patch(pods, key, { type: 'merge', body: { status: { phase: 'Failed' } } }, { subresource: 'status' })
  await eventually(async () => {
    await run('manual', ({ metadata }) => metadata.deletionTimestamp !== undefined)
    assert.notEqual((await client.get(pods, key)).metadata.uid, uid)
  })
  t.same(await imagesOf('manual'), ['manual-0 two'])
})

t.test('each pod has its claims, that stay or go as the policy says', async (t) => {
  const claim = {
    metadata: { name: 'data' } as never,
    spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } },
  }
  await create('claims', {
    replicas: 2,
    volumeClaimTemplates: [claim],
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
  })
  await settled('claims')
  const key = (ordinal: number) => ({ namespace, name: `data-claims-${ordinal}` })
  t.match((await client.get(pods, { namespace, name: 'claims-1' })).spec.volumes, [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-claims-1' } },
  ])
  await change('claims', { replicas: 1 })
  await settled('claims')
  const finalizers = { type: 'merge', body: { metadata: { finalizers: [] } } } as const
  await eventually(async () => {
    await client.patch(persistentVolumeClaims, key(1), finalizers).catch(() => undefined)
    await isGone(client.get(persistentVolumeClaims, key(1)))
  })
  t.same((await client.get(persistentVolumeClaims, key(0))).metadata.ownerReferences ?? [], [])
  await change('claims', { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } })
  await eventually(async () =>
    assert.equal((await client.get(persistentVolumeClaims, key(0))).metadata.ownerReferences?.[0]?.kind, 'StatefulSet'),
  )
})
