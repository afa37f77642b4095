import type { Pod, Service, ServiceSpec } from '@tandem/api/core/v1/types'
import t from 'tap'
import { desiredGroups } from '../../src/endpoints/desired-slices.ts'
import { endpointSubsets, truncateSubsets } from '../../src/endpoints/subsets.ts'

const service = (spec: ServiceSpec = {}): Service =>
  ({
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.0.5', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
  }) as Service
interface Traits {
  ready?: boolean
  going?: boolean
  phase?: string
  ip?: string
  port?: number
  spec?: object
}
const pod = (
  name: string,
  {
    ready = true,
    going = false,
    phase = 'Running',
    ip = `10.0.0.${name.charCodeAt(0) - 96}`,
    port = 8080,
    spec = {},
  }: Traits = {},
): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: name, ...(going && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }], ...spec },
    status: {
      phase,
      ...(ip && { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }) as unknown as Pod

const slices = (pods: Pod[], spec: ServiceSpec = {}) =>
  desiredGroups({ service: service(spec), pods, node: () => undefined }).map(({ ports, endpoints }) => ({
    ports: ports.map(({ port }) => port),
    endpoints: endpoints.map(
      ({ targetRef, conditions }) =>
        `${targetRef?.name} ${Object.entries(conditions ?? {})
          .filter(([, value]) => value)
          .map(([key]) => key)
          .join('+')}`,
    ),
  }))

const conditions: [string, Traits, ServiceSpec, string | undefined][] = [
  ['ready', {}, {}, 'a ready+serving'],
  ['not ready', { ready: false }, {}, 'a '],
  ['not ready, but published', { ready: false }, { publishNotReadyAddresses: true }, 'a ready'],
  ['terminating and still serving', { going: true }, {}, 'a serving+terminating'],
  ['terminating and no longer serving', { going: true, ready: false }, {}, 'a terminating'],
  ['without an address', { ip: '' }, {}, undefined],
  ['ended', { phase: 'Succeeded' }, {}, undefined],
  ['failed', { phase: 'Failed' }, {}, undefined],
]
for (const [name, traits, spec, expected] of conditions) {
  t.test(`a pod that is ${name}`, async (t) => t.equal(slices([pod('a', traits)], spec)[0]?.endpoints[0], expected))
}

t.test('pods whose named port has another number are in slices of their own', async (t) => {
  t.same(slices([pod('a'), pod('b', { port: 9090 }), pod('c')]), [
    { ports: [8080], endpoints: ['a ready+serving', 'c ready+serving'] },
    { ports: [9090], endpoints: ['b ready+serving'] },
  ])
})

t.test('a pod has its name where host name and subdomain say so', async (t) => {
  const named = pod('a', { spec: { hostname: 'first', subdomain: 'web' } })
  const [group] = desiredGroups({
    service: service({ clusterIP: 'None' }),
    pods: [named, pod('b', { spec: { hostname: 'x', subdomain: 'other' } })],
    node: () => undefined,
  })
  t.same(
    group?.endpoints.map(({ hostname }) => hostname),
    ['first', undefined],
  )
})

t.test('zones come from nodes; hints where traffic should stay in its zone', async (t) => {
  const node = { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } } as never
  const [group] = desiredGroups({
    service: service({ trafficDistribution: 'PreferClose' }),
    pods: [pod('a')],
    node: () => node,
  })
  t.match(group?.endpoints[0], { zone: 'z1', hints: { forZones: [{ name: 'z1' }] } })
})

const subsetRows: [string, Pod[], ServiceSpec, object[]][] = [
  [
    'ready and not',
    [pod('b'), pod('a', { ready: false })],
    {},
    [{ addresses: [{ ip: '10.0.0.2' }], notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [{ port: 8080 }] }],
  ],
  ['terminating ones are out', [pod('a', { going: true })], {}, []],
  [
    'unless all are published',
    [pod('a', { going: true })],
    { publishNotReadyAddresses: true },
    [{ addresses: [{ ip: '10.0.0.1' }] }],
  ],
  [
    'a port that a pod has not is no port of it',
    [pod('a')],
    {
      ports: [
        { name: 'x', port: 1, targetPort: 'nope' },
        { name: 'y', port: 2, targetPort: 99 },
      ],
    },
    [{ ports: [{ name: 'y', port: 99 }] }],
  ],
  ['headless without ports', [pod('a')], { clusterIP: 'None', ports: [] }, [{ addresses: [{ ip: '10.0.0.1' }] }]],
]
for (const [name, pods, spec, expected] of subsetRows) {
  t.test(`subsets: ${name}`, async (t) => {
    const subsets = endpointSubsets(service(spec), pods)
    t.match(subsets, expected)
    t.equal(subsets.length, expected.length)
  })
}

t.test('subsets do not depend on the order of pods', async (t) => {
  const pods = [pod('a'), pod('b', { port: 9090 }), pod('c')]
  t.same(endpointSubsets(service(), pods), endpointSubsets(service(), [...pods].reverse()))
})

t.test('a thousand addresses fit, ready ones first', async (t) => {
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ({ ip: `${prefix}${index}` }))
  const { subsets, truncated } = truncateSubsets([{ addresses: many(900, 'r'), notReadyAddresses: many(300, 'n') }])
  t.ok(truncated)
  t.same([subsets[0]?.addresses?.length, subsets[0]?.notReadyAddresses?.length], [900, 100])
  t.notOk(truncateSubsets([{ addresses: many(1000, 'r') }]).truncated)
})
