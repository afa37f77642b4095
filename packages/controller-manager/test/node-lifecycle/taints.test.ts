import type { Node, Pod, Taint, Toleration } from '@tandem/api/core/v1/types'
import t from 'tap'
import { EvictionLimiter, evictionRate, isFullyDisrupted } from '../../src/node-lifecycle/disruption.ts'
import { evictionDelay } from '../../src/node-lifecycle/eviction-time.ts'
import { heartbeatOf, unknownConditions } from '../../src/node-lifecycle/health.ts'
import { desiredTaints } from '../../src/node-lifecycle/taints.ts'
import { selectGarbage } from '../../src/pod-garbage/select.ts'

const prefix = 'node.kubernetes.io/'
const node = (
  conditions: Record<string, string>,
  { taints = [], unschedulable = false }: { taints?: Taint[]; unschedulable?: boolean } = {},
): Node =>
  ({
    metadata: { name: 'n', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { taints, unschedulable },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  }) as unknown as Node
const taint = (key: string, effect: Taint['effect'] = 'NoSchedule'): Taint => ({ key, effect }) as Taint

const rows: [string, Node, boolean, string[]][] = [
  ['ready', node({ Ready: 'True' }), false, []],
  ['not ready, pods may stay', node({ Ready: 'False' }), false, ['not-ready:NoSchedule']],
  ['not ready, pods must go', node({ Ready: 'False' }), true, ['not-ready:NoSchedule', 'not-ready:NoExecute']],
  ['silent', node({ Ready: 'Unknown' }), true, ['unreachable:NoSchedule', 'unreachable:NoExecute']],
  [
    'short of memory',
    node({ Ready: 'True', MemoryPressure: 'True', DiskPressure: 'False' }),
    true,
    ['memory-pressure:NoSchedule'],
  ],
  [
    'short of everything',
    node({ Ready: 'True', DiskPressure: 'True', PIDPressure: 'True', NetworkUnavailable: 'True' }),
    true,
    ['disk-pressure:NoSchedule', 'pid-pressure:NoSchedule', 'network-unavailable:NoSchedule'],
  ],
  ['cordoned', node({ Ready: 'True' }, { unschedulable: true }), true, ['unschedulable:NoSchedule']],
  [
    'no longer what it was',
    node({ Ready: 'True' }, { taints: [taint(`${prefix}not-ready`), taint(`${prefix}unreachable`, 'NoExecute')] }),
    true,
    [],
  ],
  [
    'tainted by others too',
    node({ Ready: 'True' }, { taints: [taint('mine', 'NoExecute'), taint(`${prefix}not-ready`)] }),
    true,
    ['mine:NoExecute'],
  ],
  [
    'from silent to not ready while being emptied',
    node({ Ready: 'False' }, { taints: [taint(`${prefix}not-ready`, 'NoExecute')] }),
    false,
    ['not-ready:NoSchedule', 'not-ready:NoExecute'],
  ],
  ['of unknown readiness from the start', node({}), true, []],
]
for (const [name, subject, evicts, expected] of rows) {
  t.test(`a node that is ${name}`, async (t) => {
    t.same(
      desiredTaints(subject, { evicts, now: 0 }).map(({ key, effect }) => `${key.replace(prefix, '')}:${effect}`),
      expected,
    )
  })
}

const noExecute = taint('down', 'NoExecute')
const tolerating = (tolerationSeconds?: number, key = 'down'): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})
const delays: [string, Taint[], Toleration[], number | undefined][] = [
  ['no taint', [], [], undefined],
  ['a taint that only keeps others away', [taint('down')], [], undefined],
  ['not tolerated', [noExecute], [], 0],
  ['tolerated for ever', [noExecute], [tolerating()], undefined],
  ['tolerated for a time', [noExecute], [tolerating(300)], 300_000],
  ['the shortest time counts', [noExecute], [tolerating(300), tolerating(10)], 10_000],
  ['one of two not tolerated', [noExecute, taint('other', 'NoExecute')], [tolerating()], 0],
  ['less than no time is none', [noExecute], [tolerating(-5)], 0],
]
for (const [name, taints, tolerations, expected] of delays) {
  t.test(`eviction: ${name}`, async (t) => t.equal(evictionDelay(taints, tolerations), expected))
}

t.test('a sign of life is a new lease or a new status, not what we wrote ourselves', async (t) => {
  const subject = node({ Ready: 'True' })
  const first = heartbeatOf(subject, { lease: 'a', before: undefined, now: 0 })
  t.equal(heartbeatOf(subject, { lease: 'a', before: first, now: 50 }).seenAt, 0)
  t.equal(heartbeatOf(subject, { lease: 'b', before: first, now: 50 }).seenAt, 50)
  t.equal(heartbeatOf(node({ Ready: 'Unknown' }), { lease: 'a', before: first, now: 50 }).seenAt, 0)
})

t.test('of a silent node nothing is known, in the words for each case', async (t) => {
  const conditions = unknownConditions(node({ Ready: 'True', NetworkUnavailable: 'False' }), 0)
  t.match(conditions, [
    { type: 'NetworkUnavailable', status: 'False' },
    { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' },
    { type: 'MemoryPressure', status: 'Unknown', reason: 'NodeStatusNeverUpdated' },
  ])
})

t.test('where all are down nobody is; where many are, few lose their pods at once', async (t) => {
  const nodes = (ready: number, down: number) => [
    ...Array(ready).fill(node({ Ready: 'True' })),
    ...Array(down).fill(node({ Ready: 'Unknown' })),
  ]
  t.ok(isFullyDisrupted(nodes(0, 3)))
  t.notOk(isFullyDisrupted(nodes(1, 3)))
  t.equal(evictionRate(nodes(5, 1)), 0.1)
  t.equal(evictionRate(nodes(2, 4)), 0)
  t.equal(evictionRate(nodes(20, 40)), 0.01)
  const limiter = new EvictionLimiter()
  t.equal(limiter.take('z', { rate: 0.1, now: 1000 }), 0)
  t.equal(limiter.take('z', { rate: 0.1, now: 3000 }), 8000)
  t.equal(limiter.take('z', { rate: 0, now: 99_000 }), Number.POSITIVE_INFINITY)
  t.equal(limiter.take('z', { rate: 0.1, now: 11_000 }), 0)
})

t.test('pods that no kubelet will clear away', async (t) => {
  const pod = (name: string, { nodeName = 'n', phase = 'Running', going = false, age = 0, reason = '' } = {}): Pod =>
    ({
      metadata: {
        name,
        creationTimestamp: new Date(1e12 - age).toISOString(),
        ...(going && { deletionTimestamp: 'x' }),
      },
      spec: { ...(nodeName && { nodeName }) },
      status: { phase, reason },
    }) as unknown as Pod
  const pods = [
    pod('runs'),
    pod('lost', { nodeName: 'gone' }),
    pod('never-placed', { nodeName: '', going: true }),
    pod('pending', { nodeName: '' }),
    pod('old', { phase: 'Succeeded', age: 10 }),
    pod('new', { phase: 'Failed', age: 5 }),
    pod('evicted', { phase: 'Failed', reason: 'Evicted' }),
  ]
  const select = (threshold: number) =>
    selectGarbage(pods, { nodes: [], threshold, isGone: (name) => name === 'gone' })
      .map(({ pod: { metadata }, why }) => `${metadata.name} ${why}`)
      .sort()
  t.same(select(0), ['lost orphaned', 'never-placed unscheduled'])
  t.same(select(1), ['evicted terminated', 'lost orphaned', 'never-placed unscheduled', 'old terminated'])
})
