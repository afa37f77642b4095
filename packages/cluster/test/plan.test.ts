import t from 'tap'
import { componentsOf } from '../src/components.ts'
import { certificatesOf } from '../src/pki.ts'
import { defaultRoot, planClusters } from '../src/plan.ts'

const host = { hostname: 'Node-1', address: '192.0.2.7', cpus: 4, memoryBytes: 2 ** 33 }
const pair = planClusters({ root: defaultRoot, host, clusters: ['prod', 'staging'] })
const [prod, staging] = pair

t.test('the two clusters of a host share no value by which they could meet', (t) => {
  const apart = [
    'directory',
    'context',
    'podCidr',
    'serviceCidr',
    'dnsAddress',
    'loadBalancerPool',
    'bridge',
    'chainPrefix',
    'masqueradeBit',
    'routeProtocol',
    'cgroup',
  ] as const
  for (const value of apart) t.not(prod?.[value], staging?.[value], value)
  const ports = pair.flatMap((plan) => Object.values(plan.ports))
  t.equal(new Set(ports).size, ports.length, 'ports')
  t.end()
})

t.test('each keeps its pods from what belongs to the other', (t) => {
  t.same(prod?.isolateFrom, ['10.245.0.0/16', '10.97.0.0/16', '10.99.0.0/24', '10.101.0.1/32'])
  t.same(staging?.isolateFrom, ['10.244.0.0/16', '10.96.0.0/16', '10.98.0.0/24'])
  t.end()
})

t.test('a host that carries one cluster has upstream’s chain names and no limits', (t) => {
  const [alone] = planClusters({ root: defaultRoot, host, clusters: ['staging'] })
  t.match(alone, { chainPrefix: 'KUBE', isolateFrom: [], nodeName: 'node-1' })
  t.equal(alone?.limits, undefined)
  t.equal(alone?.capacity, undefined)
  t.equal(alone?.nodePortAddress, undefined)
  t.end()
})

t.test('another root gets another bridge and another cgroup', (t) => {
  const [other] = planClusters({ root: '/srv/tandem', host, clusters: ['prod', 'staging'] })
  t.not(other?.bridge, prod?.bridge)
  t.not(other?.cgroup, prod?.cgroup)
  t.ok((other?.bridge.length ?? 99) <= 15, 'a link’s name takes 15 characters')
  t.end()
})

t.test('overrides win', (t) => {
  const [changed] = planClusters({
    root: defaultRoot,
    host,
    clusters: ['prod'],
    overrides: { prod: { podCidr: '10.20.0.0/16' } },
  })
  t.equal(changed?.podCidr, '10.20.0.0/16')
  t.end()
})

t.test('no component is told of the other cluster but by what it drops', (t) => {
  for (const plan of pair) {
    const other = pair.find(({ name }) => name !== plan.name)
    const told = componentsOf(plan)
      .flatMap(({ args }) => args)
      .filter((argument) => !argument.startsWith('--isolate-from='))
    for (const secret of [
      other?.directory ?? '',
      other?.podCidr ?? '',
      other?.serviceCidr ?? '',
      other?.bridge ?? '',
    ]) {
      t.same(
        told.filter((argument) => argument.includes(secret)),
        [],
        `${plan.name} and ${secret}`,
      )
    }
  }
  t.end()
})

t.test('simulated nodes are one process more, with a key of its own, and only where there are to be some', (t) => {
  const planned = (simulatedNodes: number | undefined) => {
    const overrides = simulatedNodes === undefined ? {} : { prod: { simulatedNodes } }
    const [plan] = planClusters({ root: defaultRoot, host, clusters: ['prod'], overrides })
    if (!plan) throw new Error('no plan')
    const component = componentsOf(plan).find(({ name }) => name === 'simulated-nodes')
    return { args: component?.args, certified: certificatesOf(plan).some(({ file }) => file === 'simulated-nodes') }
  }
  for (const none of [undefined, 0]) t.same(planned(none), { args: undefined, certified: false })
  const some = planned(500)
  t.ok(some.args?.includes('--nodes=500'))
  t.ok(some.certified)
  t.end()
})
