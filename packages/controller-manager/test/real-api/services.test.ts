import assert from 'node:assert/strict'
import { endpoints } from '@tandem/api/core/v1/endpoints'
import { pods } from '@tandem/api/core/v1/pod'
import { services } from '@tandem/api/core/v1/service'
import type { ServiceSpec } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({ settings: { 'lb-pool': '10.98.0.0/30' } })
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

const createService = (name: string, spec: ServiceSpec) =>
  client.create(services, { metadata: { name, namespace, labels: { tier: 'front' } }, spec })
const createPod = (name: string) =>
  client.create(pods, {
    metadata: { name, namespace, labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }] },
  })
const slicesOf = async (name: string) =>
  (await client.list(endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${name}` })).items

t.test('a service has its pods as endpoints, ready or not, until they are gone', async (t) => {
  await createService('web', { selector: { app: 'web' }, ports: [{ name: 'main', port: 80, targetPort: 'http' }] })
  const empty = await eventually(async () => {
    const slices = await slicesOf('web')
    if (slices.length !== 1) throw new Error(`${slices.length} slices`)
    return slices[0]
  })
  t.match(empty, {
    endpoints: [],
    metadata: {
      labels: { tier: 'front', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
    },
  })
  await createPod('a')
  await createPod('b')
  await runPods(({ metadata }) => metadata.name === 'a')
  const slice = await eventually(async () => {
    const [found] = await slicesOf('web')
    if (found?.endpoints?.length !== 1) throw new Error(JSON.stringify(found?.endpoints))
    return found
  })
  t.match(slice, {
    ports: [{ name: 'main', port: 8080, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: ['10.0.0.9'],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', name: 'a' },
      },
    ],
  })
  await eventually(async () => assert.equal((await slicesOf('web')).length, 1))
  await eventually(async () =>
    assert.partialDeepStrictEqual((await client.get(endpoints, { namespace, name: 'web' })).subsets, [
      { addresses: [{ ip: '10.0.0.9' }], ports: [{ name: 'main', port: 8080 }] },
    ]),
  )
})

t.test('without a selector nothing is made; the service of the API server is left alone', async (t) => {
  await createService('manual', { ports: [{ port: 80 }] })
  await createService('probe', { selector: { app: 'none' }, ports: [{ port: 80 }] })
  await eventually(async () => {
    if ((await slicesOf('probe')).length === 0) throw new Error('not yet')
  })
  t.same(await slicesOf('manual'), [])
  t.ok((await client.get(endpoints, { namespace, name: 'kubernetes' })).subsets?.length)
})

t.test('endpoints kept by hand are told of by slices too', async (t) => {
  const subsets = [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ name: 'db', port: 5432 }] }]
  await client.create(endpoints, { metadata: { name: 'manual', namespace }, subsets })
  const slice = await eventually(async () => {
    const [found] = await slicesOf('manual')
    assert.ok(found)
    return found
  })
  t.match(slice, {
    metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
    endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true } }],
    ports: [{ name: 'db', port: 5432, protocol: 'TCP' }],
  })
  await client.delete(endpoints, { namespace, name: 'manual' })
  await eventually(async () => assert.deepEqual(await slicesOf('manual'), []))
  t.equal((await slicesOf('kubernetes')).length, 1)
})

t.test('what goes with a service goes when it is deleted', async () => {
  await client.delete(services, { namespace, name: 'web' })
  await eventually(async () =>
    assert.deepEqual(
      [await slicesOf('web'), (await client.list(endpoints, { namespace, fieldSelector: 'metadata.name=web' })).items],
      [[], []],
    ),
  )
})

t.test('a load balancer has an address of the pool, keeps it, and gives it back', async (t) => {
  const spec: ServiceSpec = { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }] }
  const addressOf = (name: string) =>
    eventually(async () => {
      const { status } = await client.get(services, { namespace, name })
      const [ingress] = status?.loadBalancer?.ingress ?? []
      if (!ingress) throw new Error('no address yet')
      return ingress
    })
  await createService('one', spec)
  t.match(await addressOf('one'), { ip: '10.98.0.1', ipMode: 'VIP' })
  await createService('two', { ...spec, loadBalancerIP: '10.98.0.2' })
  t.match(await addressOf('two'), { ip: '10.98.0.2' })
  await createService('classy', { ...spec, loadBalancerClass: 'example.com/other' })
  await createService('three', spec)
  await client.patch(
    services,
    { namespace, name: 'two' },
    { type: 'merge', body: { spec: { type: 'ClusterIP', loadBalancerIP: null } } },
  )
  t.match(await addressOf('three'), { ip: '10.98.0.2' })
  const two = await client.get(services, { namespace, name: 'two' })
  t.same([two.metadata.finalizers ?? [], two.status?.loadBalancer ?? {}], [[], {}])
  await client.delete(services, { namespace, name: 'three' })
  await eventually(() => isGone(client.get(services, { namespace, name: 'three' })))
  t.same((await client.get(services, { namespace, name: 'classy' })).status?.loadBalancer ?? {}, {})
})
