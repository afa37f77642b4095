import { events } from '@tandem/api/core/v1/event'
import { services } from '@tandem/api/core/v1/service'
import type { Service, ServiceSpec } from '@tandem/api/core/v1/types'
import { silentLogger, systemClock } from '@tandem/component-base'
import t, { type Test } from 'tap'
import { allocateForServices } from '../../../src/registry/allocators/service-allocation.ts'
import { StoreRegistry } from '../../../src/registry/registry.ts'
import { openRegistry as open } from '../testing.ts'

const namespace = 'default'

async function openServices(t: Test, options: { range?: string; ports?: string; repairMilliseconds?: number } = {}) {
  const opened = await open(t)
  const store = await allocate(t, opened.registry, options)
  return { ...opened, store }
}

async function allocate(
  t: Test,
  registry: StoreRegistry,
  {
    range = '10.96.0.0/24',
    ports = '30000-30015',
    repairMilliseconds = 60_000,
  }: { range?: string; ports?: string; repairMilliseconds?: number },
) {
  const stop = await allocateForServices({
    registry,
    serviceClusterIpRange: range,
    serviceNodePortRange: ports,
    clock: systemClock,
    logger: silentLogger,
    repairMilliseconds,
  })
  t.teardown(stop)
  return registry.store(services)
}

function service(name: string, spec: Partial<ServiceSpec> = {}): Service {
  const made = { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } } as Service
  services.defaults?.(made)
  return made
}

t.test('what a Service is given', async (t) => {
  const { store } = await openServices(t)
  const create = async (name: string, spec?: Partial<ServiceSpec>) =>
    (await store.create(service(name, spec), { namespace })).object().spec

  const plain = await create('plain')
  t.match(plain, { clusterIP: /^10\.96\.0\.\d+$/, ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
  t.same(plain.clusterIPs, [plain.clusterIP])
  t.ok(Number(plain.clusterIP?.split('.')[3]) >= 17, 'from the dynamic band')
  t.match(await create('asked', { clusterIP: '10.96.0.10' }), { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] })
  t.match(await create('headless', { clusterIP: 'None', selector: { a: 'b' } }), {
    clusterIP: 'None',
    clusterIPs: ['None'],
  })
  t.notOk('clusterIP' in (await create('external', { type: 'ExternalName', externalName: 'x.y' } as never)))
  t.match(await create('node-port', { type: 'NodePort' }), { ports: [{ nodePort: Number }] })
  const both = await create('both', {
    type: 'NodePort',
    ports: [
      { name: 'tcp', port: 53, protocol: 'TCP' },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ],
  })
  t.ok(both.ports?.[0]?.nodePort)
  t.equal(both.ports?.[0]?.nodePort, both.ports?.[1]?.nodePort, 'one number for both protocols')
  t.match(await create('balanced', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }), {
    ports: [{ nodePort: Number }],
    healthCheckNodePort: Number,
  })
  const without = await create('balanced-without', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false })
  t.notOk(without.ports?.[0]?.nodePort)
})

t.test('what is refused', async (t) => {
  const { store } = await openServices(t)
  await store.create(
    service('taken', { clusterIP: '10.96.0.5', type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] }),
    { namespace },
  )
  const rows: [string, Partial<ServiceSpec>, string][] = [
    [
      'an address that is taken',
      { clusterIP: '10.96.0.5' },
      'Service "x" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.5"]: failed to allocate IP 10.96.0.5: provided IP is already allocated',
    ],
    [
      'an address from elsewhere',
      { clusterIP: '10.97.0.5' },
      'Service "x" is invalid: spec.clusterIPs: Invalid value: ["10.97.0.5"]: failed to allocate IP 10.97.0.5: the provided IP (10.97.0.5) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
    ],
    [
      'a node port that is taken',
      { type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] },
      'Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
    ],
    [
      'a node port out of range',
      { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] },
      'Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-30015',
    ],
  ]
  for (const [name, spec, message] of rows)
    await t.test(name, (t) => t.rejects(store.create(service('x', spec), { namespace }), { message }))
})

t.test('numbers come back when the write fails, is dry, or the Service goes', async (t) => {
  const { store } = await openServices(t, { ports: '30000-30000' })
  const spec: Partial<ServiceSpec> = { clusterIP: '10.96.0.5', type: 'NodePort', ports: [{ port: 1, nodePort: 30000 }] }
  const key = { namespace, name: 'a' }
  await store.create(service('a', spec), { namespace, dryRun: true })
  await t.rejects(store.create(service('a', spec), { namespace, admit: () => Promise.reject(new Error('no')) }))
  await t.rejects(store.create(service('a', { ...spec, sessionAffinity: 'bad' as never }), { namespace }))
  await store.create(service('a', spec), { namespace })
  await t.rejects(store.create(service('b', spec), { namespace }))
  await t.rejects(store.create(service('b', { type: 'NodePort' }), { namespace }), {
    message: 'Internal error occurred: failed to allocate a nodePort: range is full',
  })
  await store.delete(key)
  await store.create(service('b', spec), { namespace })
})

t.test('transitions', async (t) => {
  const { store } = await openServices(t, { ports: '30000-30001' })
  const key = { namespace, name: 'a' }
  const to = async (spec: Partial<ServiceSpec>) =>
    (
      await store.update(key, (old) => {
        const next = service('a', spec)
        next.metadata = (old as Service).metadata
        return next
      })
    ).entry.object().spec
  const first = (await store.create(service('a'), { namespace })).object().spec
  t.equal((await to({})).clusterIP, first.clusterIP, 'an update without an address keeps it')
  const nodePort = await to({ type: 'NodePort' })
  const number = nodePort.ports?.[0]?.nodePort
  t.ok(number)
  t.equal((await to({ type: 'NodePort' })).ports?.[0]?.nodePort, number, 'and the node port')
  const back = await to({ type: 'ClusterIP' })
  t.notOk(back.ports?.[0]?.nodePort, 'a ClusterIP Service has no node port')
  await store.create(service('other', { type: 'NodePort', ports: [{ port: 1, nodePort: number }] } as never), {
    namespace,
  })
  const external = await to({ type: 'ExternalName', externalName: 'x.y' })
  t.notOk(external.clusterIP)
  await store.create(service('heir', { clusterIP: first.clusterIP } as never), { namespace })
  t.not((await to({})).clusterIP, first.clusterIP, 'back from ExternalName it is given another')
  const local = await to({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', allocateLoadBalancerNodePorts: false })
  t.ok(local.healthCheckNodePort)
  t.notOk(
    (await to({ type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: false }))
      .healthCheckNodePort,
  )
  t.ok((await to({ type: 'NodePort' })).ports?.[0]?.nodePort, 'what the health check gave back is free')
})

t.test('concurrent creates never share a number', async (t) => {
  const { store } = await openServices(t, { range: '10.96.0.0/26', ports: '30000-30061' })
  const made = await Promise.allSettled(
    Array.from({ length: 70 }, (_, i) => store.create(service(`s${i}`, { type: 'NodePort' }), { namespace })),
  )
  const specs = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value.object().spec] : []))
  t.equal(specs.length, 62, 'as many as there are')
  t.equal(new Set(specs.map(({ clusterIP }) => clusterIP)).size, 62)
  t.equal(new Set(specs.map(({ ports }) => ports?.[0]?.nodePort)).size, 62)
})

t.test('a restart finds everything taken again', async (t) => {
  const { registry, store, backend } = await openServices(t)
  await store.create(
    service('a', { clusterIP: '10.96.0.5', type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] }),
    { namespace },
  )
  await registry.close()
  const again = await StoreRegistry.open({ backend })
  t.teardown(() => again.close())
  const restarted = await allocate(t, again, {})
  await t.rejects(restarted.create(service('b', { clusterIP: '10.96.0.5' }), { namespace }), {
    message: /already allocated/,
  })
  await t.rejects(
    restarted.create(service('b', { type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] }), { namespace }),
    { message: /already allocated/ },
  )
})

t.test('what cannot be is told by an event', async (t) => {
  const { registry, backend } = await open(t)
  const unguarded = registry.store(services)
  const put = (name: string, clusterIP: string, nodePort: number) =>
    unguarded.create(
      service(name, { clusterIP, clusterIPs: [clusterIP], type: 'NodePort', ports: [{ port: 1, nodePort }] }),
      { namespace },
    )
  await put('a', '10.96.0.5', 30001)
  await put('b', '10.96.0.5', 30001)
  await put('c', '10.99.0.5', 80)
  await registry.close()
  const again = await StoreRegistry.open({ backend })
  t.teardown(() => again.close())
  await allocate(t, again, {})
  const told = (await again.store(events).list({ namespace })).entries.map((entry) => {
    const { involvedObject, reason, message, type } = entry.object()
    return `${type} ${involvedObject.name} ${reason}: ${message}`
  })
  t.same(told.sort(), [
    'Warning b ClusterIPAlreadyAllocated: Cluster IP [IPv4]:10.96.0.5 was assigned to multiple services; please recreate service',
    'Warning b PortAlreadyAllocated: Port 30001 was assigned to multiple services; please recreate service',
    'Warning c ClusterIPOutOfRange: Cluster IP [IPv4]: 10.99.0.5 is not within any configured Service CIDR; please recreate service',
    'Warning c PortOutOfRange: Port 80 is not within the port range 30000-30015; please recreate service',
  ])
})
