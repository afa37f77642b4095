import type { RunCommand } from '@tandem/netfilter'
import type { Test } from 'tap'
import type { ProxyNode } from '../endpoint.ts'
import type { Proxier } from '../proxier.ts'
import { ServiceMap } from '../service-map.ts'
import { createNetworkLab, type NetworkLab } from './network-lab.ts'
import { type ServiceFixture, serviceOf, sliceOf } from './objects.ts'

/** What a proxier must be told of the cluster it serves. */
export interface ProxierSettings {
  node: ProxyNode
  run: RunCommand
  chainPrefix: string
  masqueradeBit: number
  clusterCIDRs: string[]
  nodePortAddresses: string[] | undefined
  nodeIPs: string[]
  loadBalancerCIDRs: string[]
  isolatedCIDRs: string[]
  isolatedPorts: number[]
}

export interface ProxierSuite {
  /** A proxier that works on the host of the lab. */
  createProxier(settings: ProxierSettings): Promise<Proxier>
  /** Everything in the kernel's tables that a proxier could leave behind. */
  dump(run: RunCommand): Promise<string>
}

const node: ProxyNode = { name: 'node-1' }
const prodSettings = {
  chainPrefix: 'KUBE',
  masqueradeBit: 14,
  clusterCIDRs: ['10.244.0.0/16'],
  loadBalancerCIDRs: ['10.98.0.0/24'],
}

/** What every proxier must do with real packets. Needs root; takes some seconds. */
export function proxierSuite(t: Test, { createProxier, dump }: ProxierSuite): void {
  t.test('a proxier', async (t) => {
    const lab = await createNetworkLab(`proxy-${process.pid}`)
    t.teardown(() => lab.close())
    const run = lab.onHost
    await lab.addBridge({ name: 'prod0', address: '10.244.0.1/24' })
    for (const [name, address] of [
      ['one', '10.244.0.11'],
      ['two', '10.244.0.12'],
    ] as const) {
      await lab.addPod({ name, bridge: 'prod0', address, gateway: '10.244.0.1', port: 8080 })
    }
    await run('ip', ['route', 'add', '10.96.0.0/16', 'dev', 'prod0'])
    await run('ip', ['route', 'add', 'local', '10.98.0.0/24', 'dev', 'lo'])
    // As Docker leaves it.
    await run('iptables', ['-P', 'FORWARD', 'DROP'])
    const clean = await dump(run)
    const settings = {
      node,
      run,
      ...prodSettings,
      nodePortAddresses: undefined,
      nodeIPs: [lab.hostAddress],
      isolatedCIDRs: [],
      isolatedPorts: [],
    }
    const proxier = await createProxier(settings)
    const both = ['10.244.0.11', '10.244.0.12']

    const sync = async (
      fixture: ServiceFixture,
      endpoints: Parameters<typeof sliceOf>[1]['endpoints'],
      protocol: 'TCP' | 'UDP' = 'TCP',
    ) => {
      const map = new ServiceMap(node)
      map.setService(serviceOf({ clusterIP: '10.96.0.20', ...fixture, port: { protocol, ...fixture.port } }))
      map.setSlice(sliceOf(fixture.name, { port: 8080, protocol, endpoints }))
      await proxier.sync(map.state())
    }
    const clusterIP = { address: '10.96.0.20', port: 80 }

    t.test('spreads a cluster address over its endpoints, for pods and for the host', async (t) => {
      await sync({ name: 'web' }, both)
      const answers = await lab.ask('one', { ...clusterIP, times: 24 })
      t.same(new Set(answers.map((answer) => answer.split(' ')[0])), new Set(['one', 'two']))
      t.ok(answers.includes('two 10.244.0.11'), 'a pod is seen with its own address')
      t.match((await lab.ask('host', clusterIP))[0], /^(one|two) 10\.244\.0\.1$/)
    })

    t.test('lets a pod reach itself through its Service', async (t) => {
      await sync({ name: 'web' }, ['10.244.0.11'])
      t.match(await lab.ask('one', clusterIP), [/^one 10\.244\.0\.1$/])
    })

    t.test('answers a node port at the host, from outside, from pods and at 127.0.0.1', async (t) => {
      await sync({ name: 'web', type: 'NodePort', port: { nodePort: 30080 } }, both)
      for (const [from, address] of [
        ['outside', lab.hostAddress],
        ['one', lab.hostAddress],
        ['host', '127.0.0.1'],
        ['host', lab.hostAddress],
      ] as const) {
        t.match(await lab.ask(from, { address, port: 30080 }), [/^(one|two) /], `${from} to ${address}`)
      }
    })

    t.test(
      'answers a load-balancer address from outside, from pods and from the host, at its ports only',
      async (t) => {
        await sync({ name: 'web', type: 'LoadBalancer', loadBalancerIP: '10.98.0.1' }, both)
        await lab.serveOnHost({ name: 'host', port: 9999 })
        for (const from of ['outside', 'one', 'host'])
          t.match(await lab.ask(from, { address: '10.98.0.1', port: 80 }), [/^(one|two) /], from)
        t.same(
          await lab.ask('outside', { address: '10.98.0.1', port: 9999 }),
          ['ECONNREFUSED'],
          'what the host listens on is not there',
        )
        t.same(
          await lab.ask('outside', { address: lab.hostAddress, port: 9999 }),
          ['host 192.168.77.2'],
          'but at the host it is',
        )
      },
    )

    t.test('drops sources outside the ranges of a load balancer', async (t) => {
      await sync(
        { name: 'web', type: 'LoadBalancer', loadBalancerIP: '10.98.0.1', loadBalancerSourceRanges: ['10.244.0.0/16'] },
        both,
      )
      t.match(await lab.ask('one', { address: '10.98.0.1', port: 80 }), [/^(one|two) /])
      t.same(await lab.ask('outside', { address: '10.98.0.1', port: 80 }), ['timeout'])
    })

    t.test('keeps a client with its endpoint under session affinity', async (t) => {
      await sync({ name: 'web', sessionAffinity: 'ClientIP' }, both)
      const answers = await lab.ask('one', { ...clusterIP, times: 12 })
      t.equal(new Set(answers.map((answer) => answer.split(' ')[0])).size, 1)
    })

    t.test('refuses at once where there is no endpoint', async (t) => {
      await sync({ name: 'web', type: 'NodePort', port: { nodePort: 30080 } }, [])
      t.same(await lab.ask('one', clusterIP), ['ECONNREFUSED'])
      t.same(await lab.ask('host', clusterIP), ['ECONNREFUSED'])
      t.same(await lab.ask('outside', { address: lab.hostAddress, port: 30080 }), ['ECONNREFUSED'])
    })

    t.test('keeps the source of a client where only local endpoints are used', async (t) => {
      const fixture: ServiceFixture = {
        name: 'web',
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        port: { nodePort: 30080 },
      }
      await sync(fixture, ['10.244.0.11', { addresses: ['10.244.0.12'], nodeName: 'node-2' }])
      t.same(
        await lab.ask('outside', { address: lab.hostAddress, port: 30080, times: 3 }),
        Array(3).fill('one 192.168.77.2'),
      )
      await sync(fixture, [{ addresses: ['10.244.0.12'], nodeName: 'node-2' }])
      t.same(
        await lab.ask('outside', { address: lab.hostAddress, port: 30080 }),
        ['timeout'],
        'dropped where there is none',
      )
      t.match(await lab.ask('host', { address: lab.hostAddress, port: 30080 }), [/^two /], 'but for the host itself')
    })

    t.test('uses endpoints that end but serve, when none is ready', async (t) => {
      const ending = { ready: false, serving: true, terminating: true }
      await sync({ name: 'web' }, [{ addresses: ['10.244.0.12'], conditions: ending }])
      t.same(await lab.ask('one', clusterIP), ['two 10.244.0.11'])
    })

    t.test('serves UDP', async (t) => {
      await sync({ name: 'web' }, ['10.244.0.12'], 'UDP')
      t.same(await lab.ask('one', { ...clusterIP, protocol: 'udp' }), ['two 10.244.0.11'])
    })

    t.test('masquerades what leaves the cluster, and only that', async (t) => {
      t.same(await lab.ask('one', { address: '192.168.77.1', port: 9999 }), ['host 10.244.0.11'])
      t.same(await lab.ask('one', { address: '10.244.0.12', port: 8080 }), ['two 10.244.0.11'])
    })

    t.test('notices that somebody flushed the tables, and mends', async (t) => {
      await sync({ name: 'web' }, ['10.244.0.12'])
      t.equal(await proxier.intact(), true)
      await flush(run)
      t.equal(await proxier.intact(), false)
      proxier.forget()
      await sync({ name: 'web' }, ['10.244.0.12'])
      t.same(await lab.ask('one', clusterIP), ['two 10.244.0.11'])
    })

    t.test('a new process takes over without a write', async (t) => {
      await sync(
        {
          name: 'web',
          type: 'LoadBalancer',
          loadBalancerIP: '10.98.0.1',
          sessionAffinity: 'ClientIP',
          port: { nodePort: 30080 },
        },
        both,
      )
      const map = new ServiceMap(node)
      map.setService(
        serviceOf({
          clusterIP: '10.96.0.20',
          name: 'web',
          type: 'LoadBalancer',
          loadBalancerIP: '10.98.0.1',
          sessionAffinity: 'ClientIP',
          port: { nodePort: 30080 },
        }),
      )
      map.setSlice(sliceOf('web', { port: 8080, endpoints: both }))
      const { full, writtenRules } = await (await createProxier(settings)).sync(map.state())
      t.equal(full, true)
      t.same(
        Object.values(writtenRules).filter((count) => count > 0),
        [],
      )
    })

    t.test('stands beside the proxier of another cluster, and nothing passes between their pods', async (t) => {
      await lab.addBridge({ name: 'stage0', address: '10.245.0.1/24' })
      await lab.addPod({ name: 'three', bridge: 'stage0', address: '10.245.0.11', gateway: '10.245.0.1', port: 8080 })
      await run('ip', ['route', 'add', '10.97.0.0/16', 'dev', 'stage0'])
      await run('ip', ['route', 'add', 'local', '10.101.0.1', 'dev', 'lo'])
      await sideBySide(t, { lab, createProxier, node })
    })

    t.test('leaves nothing behind', async (t) => {
      await proxier.cleanup()
      await run('iptables', ['-P', 'FORWARD', 'DROP'])
      t.equal(await dump(run), clean)
    })
  })
}

const flush: (run: RunCommand) => Promise<void> = async (run) => {
  for (const table of ['filter', 'nat', 'mangle']) {
    await run('iptables', ['-t', table, '-F'])
    await run('iptables', ['-t', table, '-X'])
  }
}

async function sideBySide(
  t: Test,
  { lab, createProxier, node }: { lab: NetworkLab; createProxier: ProxierSuite['createProxier']; node: ProxyNode },
) {
  const shared = { node, run: lab.onHost, nodeIPs: [lab.hostAddress] }
  const prod = await createProxier({
    ...shared,
    ...prodSettings,
    nodePortAddresses: undefined,
    isolatedCIDRs: ['10.245.0.0/16', '10.97.0.0/16', '10.99.0.0/24', '10.101.0.1/32'],
    isolatedPorts: [7443],
  })
  const staging = await createProxier({
    ...shared,
    chainPrefix: 'STAGE',
    masqueradeBit: 16,
    clusterCIDRs: ['10.245.0.0/16'],
    loadBalancerCIDRs: ['10.99.0.0/24'],
    nodePortAddresses: ['10.101.0.1'],
    isolatedCIDRs: ['10.244.0.0/16', '10.96.0.0/16', '10.98.0.0/24'],
    isolatedPorts: [9999],
  })
  const stateOf = (fixture: ServiceFixture, endpoint: string) => {
    const map = new ServiceMap(node)
    map.setService(serviceOf({ type: 'NodePort', port: { nodePort: 30080 }, ...fixture }))
    map.setSlice(sliceOf(fixture.name, { port: 8080, endpoints: [endpoint] }))
    return map.state()
  }
  await prod.sync(stateOf({ name: 'web', clusterIP: '10.96.0.20' }, '10.244.0.12'))
  await staging.sync(stateOf({ name: 'web', clusterIP: '10.97.0.20' }, '10.245.0.11'))

  t.match(await lab.ask('one', { address: '10.96.0.20', port: 80 }), [/^two /], 'prod serves')
  t.match(await lab.ask('three', { address: '10.97.0.20', port: 80 }), [/^three /], 'staging serves')
  t.match(
    await lab.ask('outside', { address: lab.hostAddress, port: 30080 }),
    [/^two /],
    "the host's node port is prod's",
  )
  t.match(
    await lab.ask('host', { address: '10.101.0.1', port: 30080 }),
    [/^three /],
    "the same port at staging's address is staging's",
  )
  t.match(await lab.ask('three', { address: '10.101.0.1', port: 30080 }), [/^three /], 'and so it is for its own pods')
  const forbidden: [string, string, number][] = [
    ['one', '10.245.0.11', 8080],
    ['one', '10.97.0.20', 80],
    ['one', '10.101.0.1', 30080],
    ['three', '10.244.0.12', 8080],
    ['three', '10.96.0.20', 80],
    ['three', lab.hostAddress, 30080],
    ['three', lab.hostAddress, 9999],
    ['three', '10.245.0.1', 9999],
  ]
  for (const [from, address, port] of forbidden)
    t.same(await lab.ask(from, { address, port }), ['timeout'], `${from} does not reach ${address}:${port}`)
  await staging.cleanup()
  t.match(await lab.ask('one', { address: '10.96.0.20', port: 80 }), [/^two /], 'prod serves on when staging is gone')
}
