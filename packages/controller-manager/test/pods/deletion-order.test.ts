import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { podsToDelete } from '../../src/pods/deletion-order.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
interface Traits {
  node?: string
  phase?: 'Pending' | 'Running' | 'Unknown'
  readyFor?: number
  cost?: string
  restarts?: number
  sidecarRestarts?: number
  initRestarts?: number
  age?: number
}
const pod = (
  name: string,
  {
    node = 'n1',
    phase = 'Running',
    readyFor,
    cost,
    restarts = 0,
    sidecarRestarts = 0,
    initRestarts = 0,
    age = 3600,
  }: Traits = {},
): Pod => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: new Date(now - age * 1000).toISOString(),
    ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
  },
  spec: {
    containers: [],
    initContainers: [
      { name: 'proxy', image: 'x', restartPolicy: 'Always' },
      { name: 'setup', image: 'x' },
    ],
    ...(node && { nodeName: node }),
  },
  status: {
    phase,
    conditions:
      readyFor === undefined
        ? []
        : [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(now - readyFor * 1000).toISOString() }],
    containerStatuses: [{ name: 'c', image: 'x', imageID: '', ready: true, restartCount: restarts }],
    initContainerStatuses: [
      { name: 'proxy', image: 'x', imageID: '', ready: true, restartCount: sidecarRestarts },
      { name: 'setup', image: 'x', imageID: '', ready: true, restartCount: initRestarts },
    ],
  },
})
const ready = { readyFor: 1000 }

/** The first of each row goes before the second, whatever the order they come in. */
const rows: [string, Pod, Pod][] = [
  ['not assigned before assigned', pod('b', { node: '', ...ready }), pod('a', { phase: 'Pending' })],
  ['pending before running', pod('b', { phase: 'Pending' }), pod('a')],
  ['unknown before running', pod('b', { phase: 'Unknown' }), pod('a')],
  ['not ready before ready', pod('b'), pod('a', ready)],
  ['cheap before dear', pod('b', { ...ready, cost: '-5' }), pod('a', { ...ready, cost: '10' })],
  ['no cost is nought', pod('b', ready), pod('a', { ...ready, cost: '1' })],
  ['a cost that is no number is nought', pod('b', { ...ready, cost: 'x' }), pod('a', { ...ready, cost: '1' })],
  ['ready for a shorter time, by orders of magnitude', pod('b', { readyFor: 1 }), pod('a', { readyFor: 1000 })],
  ['within one order of magnitude the uid decides', pod('a', { readyFor: 1000 }), pod('b', { readyFor: 900 })],
  ['more restarts', pod('b', { ...ready, restarts: 3 }), pod('a', ready)],
  ['a cost beyond 32 bits is nought', pod('b', { ...ready, cost: '2147483648' }), pod('a', { ...ready, cost: '1' })],
  ['a negative cost may have leading zeros', pod('b', { ...ready, cost: '-01' }), pod('a', ready)],
  ['more restarts of a sidecar', pod('b', { ...ready, sidecarRestarts: 1 }), pod('a', ready)],
  [
    'restarts of what runs before the others do not count',
    pod('b', { ...ready, sidecarRestarts: 1 }),
    pod('a', { ...ready, initRestarts: 5 }),
  ],
  ['younger', pod('b', { ...ready, age: 1100 }), pod('a', { ...ready, age: 90_000 })],
]
for (const [name, first, second] of rows) {
  t.test(name, async (t) => {
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      t.same(
        podsToDelete(order, { count: 1, related: order, now }).map(({ metadata }) => metadata.name),
        [first.metadata.name],
      )
    }
  })
}

t.test('of ready pods those go that share a node with most others of their kind', async (t) => {
  const [a, b, c] = [
    pod('a', { ...ready, node: 'n1' }),
    pod('b', { ...ready, node: 'n2' }),
    pod('c', { ...ready, node: 'n2' }),
  ]
  t.same(
    podsToDelete([a, b, c], { count: 1, related: [a, b, c], now }).map(({ metadata }) => metadata.name),
    ['b'],
  )
  const old = [pod('o1', { ...ready, node: 'n1' }), pod('o2', { ...ready, node: 'n1' })]
  t.same(
    podsToDelete([a, b, c], { count: 1, related: [a, b, c, ...old], now }).map(({ metadata }) => metadata.name),
    ['a'],
  )
})

t.test('a pod that is on its way to a node takes its place there, one that ends does not', async (t) => {
  const [a, b] = [pod('a', { ...ready, node: 'n1' }), pod('b', { ...ready, node: 'n2' })]
  const first = (related: Pod[]) =>
    podsToDelete([a, b], { count: 1, related: [a, b, ...related], now }).map(({ metadata }) => metadata.name)
  t.same(first([]), ['a'], 'by uid')
  t.same(first([pod('c', { node: 'n2' })]), ['b'])
  const ending = pod('d', { ...ready, node: 'n2' })
  ending.metadata.deletionTimestamp = new Date(now).toISOString()
  t.same(first([ending]), ['a'])
})

t.test('when all have to go nobody is asked', async (t) => {
  const all = [pod('a'), pod('b')]
  t.equal(podsToDelete(all, { count: 5, related: [], now }).length, 2)
})
