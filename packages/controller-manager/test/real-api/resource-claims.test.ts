import assert from 'node:assert/strict'
import { pods } from '@tandem/api/core/v1/pod'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceClaimTemplates } from '@tandem/api/resource/v1/resourceclaimtemplate'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  controllers: ['resourceclaim-controller', 'serviceaccount-controller', 'garbage-collector-controller'],
})
t.teardown(() => cluster.stop())
const { client, eventually } = cluster
const namespace = 'default'
const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] }

const createPod = (name: string) =>
  client.create(pods, {
    metadata: { name, namespace },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', image: 'i' }],
      resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }],
    },
  })
const claimOf = (podName: string) =>
  eventually(async () => {
    const [status] = (await client.get(pods, { namespace, name: podName })).status?.resourceClaimStatuses ?? []
    assert.equal(status?.name, 'gpu')
    return status?.resourceClaimName ?? ''
  })

t.test('a pod gets its claim by template, and the claim goes with it', async (t) => {
  await createPod('user')
  await client.create(resourceClaimTemplates, {
    metadata: { name: 'one-gpu', namespace },
    spec: { metadata: { labels: { a: 'b' } } as never, spec: { devices } },
  } as never)
  const name = await claimOf('user')
  const claim = await client.get(resourceClaims, { namespace, name })
  t.match(claim.metadata, { labels: { a: 'b' }, ownerReferences: [{ kind: 'Pod', name: 'user' }] })
  t.equal((await client.list(resourceClaims, { namespace })).items.length, 1, 'and no second one')
  await client.patch(
    pods,
    { namespace, name: 'user' },
    { type: 'merge', body: { status: { phase: 'Succeeded' } } },
    { subresource: 'status' },
  )
  await eventually(() => isGone(client.get(resourceClaims, { namespace, name })))
  await createPod('later')
  const other = await claimOf('later')
  const left = (await client.list(resourceClaims, { namespace })).items.map(({ metadata }) => metadata.name)
  t.same(left, [other], 'a pod that ended gets no new one')
})

t.test('a claim that is deleted gives its devices back first', async (t) => {
  const key = { namespace, name: 'held' }
  await client.create(resourceClaims, {
    metadata: { ...key, finalizers: ['resource.kubernetes.io/delete-protection'] },
    spec: { devices },
  } as never)
  const result = { request: 'r', driver: 'example.com', pool: 'pool', device: 'd' }
  const body = {
    status: {
      allocation: { devices: { results: [result] } },
      reservedFor: [{ resource: 'pods', name: 'gone', uid: 'gone' }],
    },
  }
  await client.patch(resourceClaims, key, { type: 'merge', body }, { subresource: 'status' })
  await eventually(async () => {
    const { status, metadata } = await client.get(resourceClaims, key)
    assert.deepEqual([status?.reservedFor, status?.allocation, metadata.finalizers], [undefined, undefined, undefined])
  })
  await client.delete(resourceClaims, key)
  await eventually(() => isGone(client.get(resourceClaims, key)))
  t.ok(true)
})
