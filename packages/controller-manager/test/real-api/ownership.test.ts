import assert from 'node:assert/strict'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { events } from '@tandem/api/core/v1/event'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { pods } from '@tandem/api/core/v1/pod'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import type { OwnerReference } from '@tandem/apimachinery'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster()
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

const deploy = async (name: string) => {
  await client.create(deployments, {
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } } as never, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  })
  await eventually(async () => {
    await runPods()
    if ((await client.get(deployments, { namespace, name })).status?.availableReplicas !== 2)
      throw new Error('not ready')
  })
}
const countsOf = async (app: string) => {
  const selection = { namespace, labelSelector: `app=${app}` }
  const lists = await Promise.all([client.list(replicaSets, selection), client.list(pods, selection)])
  return lists.map(({ items }) => items.length)
}
const gone = (name: string) =>
  eventually(async () => {
    await runPods(({ metadata }) => metadata.deletionTimestamp !== undefined)
    assert.deepEqual(await countsOf(name), [0, 0])
    await client.get(deployments, { namespace, name }).then(
      () => {
        throw new Error('still there')
      },
      () => undefined,
    )
  })

t.test('in the background the owner goes first, then all it had', async (t) => {
  await deploy('background')
  await client.delete(deployments, { namespace, name: 'background' })
  await t.rejects(client.get(deployments, { namespace, name: 'background' }), { code: 404 })
  await gone('background')
})

t.test('in the foreground the owner waits for what blocks it', async () => {
  await deploy('foreground')
  await client.delete(deployments, { namespace, name: 'foreground' }, { propagationPolicy: 'Foreground' })
  await gone('foreground')
})

t.test('orphaned dependents stay, without their reference', async (t) => {
  await deploy('orphaned')
  await client.delete(deployments, { namespace, name: 'orphaned' }, { propagationPolicy: 'Orphan' })
  await eventually(() =>
    client.get(deployments, { namespace, name: 'orphaned' }).then(
      () => Promise.reject(new Error('still there')),
      () => true,
    ),
  )
  t.same(await countsOf('orphaned'), [1, 2])
  const { items } = await client.list(replicaSets, { namespace, labelSelector: 'app=orphaned' })
  t.same(items[0]?.metadata.ownerReferences ?? [], [])
})

t.test('a config map lives as long as one of its owners', async () => {
  const own = async (name: string): Promise<OwnerReference> => {
    const { metadata } = await client.create(configMaps, { metadata: { name, namespace } })
    return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: metadata.uid }
  }
  const owners = [await own('first'), await own('second')]
  await client.create(configMaps, { metadata: { name: 'owned', namespace, ownerReferences: owners } })
  await client.delete(configMaps, { namespace, name: 'first' })
  await eventually(async () =>
    assert.partialDeepStrictEqual(
      (await client.get(configMaps, { namespace, name: 'owned' })).metadata.ownerReferences,
      [{ name: 'second' }],
    ),
  )
  await client.delete(configMaps, { namespace, name: 'second' })
  await eventually(() => isGone(client.get(configMaps, { namespace, name: 'owned' })))
})

t.test('a circle of owners that wait for each other is broken', async () => {
  const make = (name: string) => client.create(configMaps, { metadata: { name, namespace } })
  const [a, b, c] = [await make('circle-a'), await make('circle-b'), await make('circle-c')]
  const own = (dependent: typeof a, owner: typeof a) => {
    const { name, uid } = owner.metadata
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: true }
    const body = { metadata: { ownerReferences: [reference] } }
    return client.patch(configMaps, { namespace, name: dependent.metadata.name }, { type: 'merge', body })
  }
  await own(a, c)
  await own(b, a)
  await own(c, b)
  await client.delete(configMaps, { namespace, name: 'circle-a' }, { propagationPolicy: 'Foreground' })
  for (const name of ['circle-a', 'circle-b', 'circle-c']) {
    await eventually(() => isGone(client.get(configMaps, { namespace, name })))
  }
})

t.test('what one owner holds is not lost with another that is deleted in the foreground', async (t) => {
  const make = (name: string, ownerReferences: OwnerReference[] = []) =>
    client.create(configMaps, { metadata: { name, namespace, ownerReferences } })
  const referenceTo = ({ metadata: { name, uid } }: { metadata: { name: string; uid: string } }): OwnerReference => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid,
    blockOwnerDeletion: true,
  })
  const [stays, goes] = [await make('stays'), await make('goes')]
  await make('held-by-both', [referenceTo(stays), referenceTo(goes)])
  await make('held-by-one', [referenceTo(goes)])
  await client.delete(configMaps, { namespace, name: 'goes' }, { propagationPolicy: 'Foreground' })
  for (const name of ['goes', 'held-by-one'])
    await eventually(() => isGone(client.get(configMaps, { namespace, name })))
  const { metadata } = await client.get(configMaps, { namespace, name: 'held-by-both' })
  t.match(metadata.ownerReferences, [{ name: 'stays' }])
  t.equal(metadata.ownerReferences?.length, 1)
})

t.test('an owner of another namespace is none', async (t) => {
  const { metadata } = await client.create(configMaps, { metadata: { name: 'owner', namespace } })
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid }
  await client.create(configMaps, {
    metadata: { name: 'abroad', namespace: 'kube-public', ownerReferences: [reference] },
  })
  await client.create(configMaps, { metadata: { name: 'at-home', namespace, ownerReferences: [reference] } })
  await eventually(() => isGone(client.get(configMaps, { namespace: 'kube-public', name: 'abroad' })))
  await t.resolves(client.get(configMaps, { namespace, name: 'at-home' }))
  await eventually(async () => {
    const event = (await client.list(events)).items.find(({ reason }) => reason === 'OwnerRefInvalidNamespace')
    if (!event) throw new Error('no event yet')
  })
})

t.test('a new namespace gets its service account and the root certificate', async (t) => {
  await client.create(namespaces, { metadata: { name: 'fresh' }, spec: {} })
  await eventually(() => client.get(serviceAccounts, { namespace: 'fresh', name: 'default' }))
  const { data } = await eventually(() => client.get(configMaps, { namespace: 'fresh', name: 'kube-root-ca.crt' }))
  t.match(data, { 'ca.crt': /BEGIN CERTIFICATE/ })
  await client.delete(configMaps, { namespace: 'fresh', name: 'kube-root-ca.crt' })
  await eventually(() => client.get(configMaps, { namespace: 'fresh', name: 'kube-root-ca.crt' }))
})

t.test('a namespace that is deleted is emptied, and waits for finalizers, saying which', async (t) => {
  await client.create(configMaps, { metadata: { name: 'held', namespace: 'fresh', finalizers: ['example.com/hold'] } })
  await client.delete(namespaces, { name: 'fresh' })
  const held = await eventually(async () => {
    const found = await client.get(namespaces, { name: 'fresh' })
    if (
      !found.status?.conditions?.some(
        ({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True',
      )
    )
      throw new Error('not yet')
    return found
  })
  t.equal(held.status?.phase, 'Terminating')
  const message = (type: string) => held.status?.conditions?.find((condition) => condition.type === type)?.message
  t.equal(message('NamespaceContentRemaining'), 'Some resources are remaining: configmaps. has 1 resource instances')
  t.equal(
    message('NamespaceFinalizersRemaining'),
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  )
  await client.patch(
    configMaps,
    { namespace: 'fresh', name: 'held' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  )
  await eventually(() => isGone(client.get(namespaces, { name: 'fresh' })))
})

t.test('of a namespace that is deleted the pods go first, and all else waits for them', async (t) => {
  const own = 'ordered'
  await client.create(namespaces, { metadata: { name: own }, spec: {} })
  await eventually(() => client.get(serviceAccounts, { namespace: own, name: 'default' }))
  await client.create(pods, {
    metadata: { name: 'held', namespace: own, finalizers: ['example.com/hold'] },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  })
  await client.create(configMaps, { metadata: { name: 'needed', namespace: own } })
  await client.delete(namespaces, { name: own })
  await eventually(async () => {
    const { status } = await client.get(namespaces, { name: own })
    const held = status?.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining')
    if (held?.status !== 'True') throw new Error('not yet')
  })
  t.ok((await client.get(pods, { namespace: own, name: 'held' })).metadata.deletionTimestamp)
  t.notOk((await client.get(configMaps, { namespace: own, name: 'needed' })).metadata.deletionTimestamp)
  await client.patch(
    pods,
    { namespace: own, name: 'held' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  )
  await eventually(() => isGone(client.get(namespaces, { name: own })))
})
