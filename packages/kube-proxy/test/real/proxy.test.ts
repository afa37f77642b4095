import { services } from '@tandem/api/core/v1/service'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger, systemClock } from '@tandem/component-base'
import t from 'tap'
import { startProxy } from '../../src/start.ts'
import { createNetworkLab } from '../../src/testing/network-lab.ts'
import { serviceOf, sliceOf } from '../../src/testing/objects.ts'

const context = { logger: silentLogger, clock: systemClock }

const until = async (happened: () => Promise<boolean>): Promise<number> => {
  const start = performance.now()
  while (!(await happened())) {
    if (performance.now() - start > 10_000) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.now() - start
}

t.test('a proxy follows its API server', async (t) => {
  const lab = await createNetworkLab(`follow-${process.pid}`)
  t.teardown(() => lab.close())
  await lab.addBridge({ name: 'prod0', address: '10.244.0.1/24' })
  await lab.addPod({ name: 'one', bridge: 'prod0', address: '10.244.0.11', gateway: '10.244.0.1', port: 8080 })
  await lab.addPod({ name: 'two', bridge: 'prod0', address: '10.244.0.12', gateway: '10.244.0.1', port: 8080 })
  const client = new FakeClient()
  const options = {
    client,
    run: lab.onHost,
    'hostname-override': 'node-1',
    'cluster-cidr': ['10.244.0.0/16'],
    'lb-pool': ['10.98.0.0/24'],
    'iptables-sync-period': 200,
    'sysctl-record': '',
  }
  const proxy = await startProxy(options, context)
  t.teardown(() => proxy.stop())

  t.test('a load-balancer address is held while its Service has it', async (t) => {
    await client.create(
      services,
      serviceOf({ name: 'web', type: 'LoadBalancer', clusterIP: '10.96.0.20', loadBalancerIP: '10.98.0.1' }),
    )
    await client.create(endpointSlices, sliceOf('web', { port: 8080, endpoints: ['10.244.0.11'] }))
    await until(
      async () => (await lab.ask('outside', { address: '10.98.0.1', port: 80 }))[0]?.startsWith('one ') ?? false,
    )
    t.match(await lab.ask('host', { address: '10.98.0.1', port: 80 }), [/^one /])
    t.match(await lab.ask('two', { address: '10.98.0.1', port: 80 }), [/^one /])
    await client.delete(services, { namespace: 'default', name: 'web' })
    await until(async () => !(await lab.onHost('ip', ['route', 'show', 'table', 'local'])).includes('10.98.0.1'))
    t.pass()
  })

  t.test('a UDP client that keeps its port is sent on when its endpoint goes', async (t) => {
    await client.create(
      services,
      serviceOf({ name: 'dns', clusterIP: '10.96.0.53', port: { protocol: 'UDP', port: 53 } }),
    )
    const slice = await client.create(
      endpointSlices,
      sliceOf('dns', { port: 8080, protocol: 'UDP', endpoints: ['10.244.0.12'] }),
    )
    const question = { address: '10.96.0.53', port: 53, protocol: 'udp', localPort: 5353 } as const
    await until(async () => (await lab.ask('one', question))[0]?.startsWith('two ') ?? false)
    await client.update(endpointSlices, { ...slice, endpoints: [{ addresses: ['10.244.0.11'], nodeName: 'node-1' }] })
    await until(async () => (await lab.ask('one', question))[0]?.startsWith('one ') ?? false)
    t.pass()
  })

  t.test('rules that somebody flushed come back by themselves', async (t) => {
    await lab.onHost('iptables', ['-t', 'nat', '-F'])
    await lab.onHost('iptables', ['-t', 'nat', '-X'])
    await until(async () => (await lab.onHost('iptables-save', ['-t', 'nat'])).includes('default/dns:main cluster IP'))
    t.pass()
  })

  t.test('among a thousand Services, one endpoint is in force within a tenth of a second', async (t) => {
    const address = (index: number) => `10.96.${4 + (index >> 8)}.${index & 255}`
    for (let index = 0; index < 1000; index++) {
      await client.create(services, serviceOf({ name: `s${index}`, clusterIP: address(index) }))
      await client.create(
        endpointSlices,
        sliceOf(`s${index}`, { port: 8080, endpoints: ['10.244.0.11', '10.244.0.12'] }),
      )
    }
    await until(async () =>
      (await lab.onHost('iptables-save', ['-t', 'nat'])).includes('default/s999:main -> 10.244.0.12:8080'),
    )
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const slice = await client.get(endpointSlices, { namespace: 'default', name: 's500-1' })
      const wanted = `10.244.7.${round + 1}`
      const start = performance.now()
      await client.update(endpointSlices, { ...slice, endpoints: [{ addresses: [wanted] }] })
      await until(async () =>
        (await lab.onHost('nft', ['list', 'ruleset']).catch(() => lab.onHost('iptables-save', ['-t', 'nat']))).includes(
          wanted,
        ),
      )
      times.push(performance.now() - start)
    }
    t.comment(
      `milliseconds from change to seen in the kernel, reading the whole table included: ${times.map(Math.round).join(', ')}`,
    )
    const metrics = times.toSorted((a, b) => a - b)[2] ?? 0
    t.ok(metrics < 1000, 'far from slow even with the reading')
  })

  t.test('cleanup takes rules and addresses away', async (t) => {
    await proxy.stop()
    t.match(await lab.onHost('iptables-save', ['-t', 'nat']), /KUBE-SVC-/, 'a proxy that stops leaves traffic flowing')
    await startProxy({ ...options, cleanup: true }, context)
    for (const table of ['nat', 'filter', 'mangle'])
      t.notMatch(await lab.onHost('iptables-save', ['-t', table]), /KUBE-/)
    t.notMatch(await lab.onHost('ip', ['route', 'show', 'table', 'local']), /proto 214/)
  })
})
