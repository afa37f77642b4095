import type { Service } from '@tandem/api/core/v1/types'
import type { Endpoint, EndpointSlice } from '@tandem/api/discovery/v1/types'
import t from 'tap'
import type { EndpointGroup } from '../../src/endpoints/desired-slices.ts'
import { planSlices, sliceOwnerOf } from '../../src/endpoints/plan-slices.ts'

const service = {
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
  spec: { clusterIP: '10.96.0.5' },
} as unknown as Service
const labels = {
  'kubernetes.io/service-name': 'web',
  'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
}
const ports = [{ name: '', protocol: 'TCP' as const, port: 80 }]
const endpoint = (name: string, ready = true): Endpoint => ({
  addresses: ['10.0.0.1'],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: 'Pod', name, uid: name },
})
const group = (...names: string[]): EndpointGroup => ({
  addressType: 'IPv4',
  ports,
  endpoints: names.map((name) => endpoint(name)),
})
const slice = (name: string, endpoints: Endpoint[], extra: Partial<EndpointSlice> = {}): EndpointSlice =>
  ({ metadata: { name, labels }, addressType: 'IPv4', ports, endpoints, ...extra }) as unknown as EndpointSlice

const namesOf = ({ endpoints = [] }: Pick<EndpointSlice, 'endpoints'>) =>
  endpoints.map(({ targetRef }) => targetRef?.name).join()
const plan = (desired: EndpointGroup[], existing: EndpointSlice[]) => {
  const result = planSlices(sliceOwnerOf(service), { desired, existing, maxEndpoints: 2 })
  return {
    create: result.create.map((each) => namesOf(each as EndpointSlice)),
    update: result.update.map((each) => `${each.metadata.name}: ${namesOf(each)}`),
    delete: result.delete.map(({ metadata }) => metadata.name),
  }
}
const nothing = { create: [], update: [], delete: [] }

const rows: [string, EndpointGroup[], EndpointSlice[], Partial<ReturnType<typeof plan>>][] = [
  ['no pods: one empty slice', [], [], { create: [''] }],
  ['still no pods: the empty slice stays', [], [slice('s', [], { ports: [] })], {}],
  [
    'no pods any more: an empty slice without ports takes the place',
    [],
    [slice('s', [endpoint('a')])],
    { create: [''], delete: ['s'] },
  ],
  ['new pods in as few slices as hold them', [group('a', 'b', 'c')], [], { create: ['a,b', 'c'] }],
  ['nothing changed', [group('a', 'b')], [slice('s', [endpoint('a'), endpoint('b')])], {}],
  ['the order in a slice is its own', [group('b', 'a')], [slice('s', [endpoint('a'), endpoint('b')])], {}],
  ['a pod that went', [group('a')], [slice('s', [endpoint('a'), endpoint('b')])], { update: ['s: a'] }],
  ['a pod that changed', [group('a')], [slice('s', [endpoint('a', false)])], { update: ['s: a'] }],
  [
    'one went, one came: in its place',
    [group('a', 'c')],
    [slice('s', [endpoint('a'), endpoint('b')])],
    { update: ['s: a,c'] },
  ],
  [
    'a full slice is left alone',
    [group('a', 'b', 'c')],
    [slice('s', [endpoint('a'), endpoint('b')])],
    { create: ['c'] },
  ],
  [
    'a slice that is written anyway is filled first',
    [group('a', 'c', 'd')],
    [slice('r', [endpoint('c')]), slice('s', [endpoint('a'), endpoint('b')])],
    { update: ['s: a,d'] },
  ],
  [
    'a slice that is empty now goes',
    [group('a')],
    [slice('r', [endpoint('a')]), slice('s', [endpoint('b')])],
    { delete: ['s'] },
  ],
  ['an empty slice is used before another is made', [group('a')], [slice('s', [])], { update: ['s: a'] }],
  [
    'other ports, other slice',
    [group('a')],
    [slice('s', [endpoint('a')], { ports: [{ name: '', protocol: 'TCP', port: 81 }] })],
    { create: ['a'], delete: ['s'] },
  ],
]
for (const [name, desired, existing, expected] of rows) {
  t.test(name, async (t) => t.same(plan(desired, existing), { ...nothing, ...expected }))
}

t.test('labels follow the service, and a headless one says so', async (t) => {
  const labelled = {
    ...service,
    metadata: { ...service.metadata, labels: { tier: 'front' } },
    spec: { clusterIP: 'None' },
  } as Service
  const { update } = planSlices(sliceOwnerOf(labelled), {
    desired: [group('a')],
    existing: [slice('s', [endpoint('a')])],
    maxEndpoints: 2,
  })
  t.same(update[0]?.metadata.labels, { ...labels, tier: 'front', 'service.kubernetes.io/headless': '' })
})
