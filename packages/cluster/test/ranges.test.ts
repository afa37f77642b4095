import t from 'tap'
import { defaultRoot, planClusters } from '../src/plan.ts'
import { findOverlaps } from '../src/ranges.ts'

const host = { hostname: 'node', address: '192.0.2.7', cpus: 2, memoryBytes: 2 ** 32 }
const plans = planClusters({ root: defaultRoot, host, clusters: ['prod', 'staging'] })
const [prod] = plans

const rows = [
  { name: 'nothing overlaps on a plain host', routes: [{ destination: '192.0.2.0/24', device: 'eth0' }], found: [] },
  { name: 'a default route is no overlap', routes: [{ destination: 'default', device: 'eth0' }], found: [] },
  {
    name: 'a route into the pod range',
    routes: [{ destination: '10.244.3.0/24', device: 'vpn0' }],
    found: ['--prod-pod-cidr'],
  },
  {
    name: 'a route around everything',
    routes: [{ destination: '10.0.0.0/8', device: 'vpn0' }],
    found: [
      '--prod-pod-cidr',
      '--prod-service-cidr',
      '--prod-lb-pool',
      '--staging-pod-cidr',
      '--staging-service-cidr',
      '--staging-lb-pool',
    ],
  },
  { name: 'our own bridge', routes: [{ destination: '10.244.0.0/24', device: prod?.bridge ?? '' }], found: [] },
  { name: 'IPv6 is left alone', routes: [{ destination: 'fd00::/64', device: 'eth0' }], found: [] },
]

for (const { name, routes, found } of rows) {
  t.test(name, (t) => {
    t.same(
      findOverlaps(plans, routes).map(({ flag }) => flag),
      found,
    )
    t.end()
  })
}

t.test('a free range of the same size is named', (t) => {
  const [overlap] = findOverlaps(plans, [{ destination: '10.244.0.0/16', device: 'vpn0' }])
  t.match(overlap, {
    flag: '--prod-pod-cidr',
    takenBy: 'the route to 10.244.0.0/16 on vpn0',
    suggestion: '10.128.0.0/16',
  })
  t.end()
})

t.test('clusters that overlap each other are told apart', (t) => {
  const same = planClusters({
    root: defaultRoot,
    host,
    clusters: ['prod', 'staging'],
    overrides: { staging: { podCidr: '10.244.128.0/17' } },
  })
  t.same(
    findOverlaps(same, []).map(({ flag, takenBy }) => [flag, takenBy]),
    [['--staging-pod-cidr', '--prod-pod-cidr 10.244.0.0/16']],
  )
  t.end()
})
