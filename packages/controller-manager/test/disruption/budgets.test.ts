import type { Pod } from '@tandem/api/core/v1/types'
import type { PodDisruptionBudget } from '@tandem/api/policy/v1/types'
import t from 'tap'
import { budgetStatus, evictionsOf, failedStatus } from '../../src/disruption/budget-status.ts'
import { staleIn } from '../../src/disruption/stale-conditions.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const budget = (spec: object, status?: object): PodDisruptionBudget =>
  ({ metadata: { name: 'b', generation: 3 }, spec, status }) as unknown as PodDisruptionBudget
const pod = (name: string, { ready = true, deleted = false } = {}): Pod =>
  ({
    metadata: { name, ...(deleted && { deletionTimestamp: '2026-01-01T11:00:00Z' }) },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Pod
const three = [pod('a'), pod('b'), pod('c')]

const rows = [
  { name: 'at least two of three', spec: { minAvailable: 2 }, expected: [1, 3, 2, 3] },
  {
    name: 'one is not ready',
    spec: { minAvailable: 2 },
    pods: [pod('a'), pod('b'), pod('c', { ready: false })],
    expected: [0, 2, 2, 3],
  },
  {
    name: 'one is going',
    spec: { minAvailable: 2 },
    pods: [pod('a'), pod('b'), pod('c', { deleted: true })],
    expected: [0, 2, 2, 3],
  },
  { name: 'one is about to be evicted', spec: { minAvailable: 1 }, pending: { a: 'x' }, expected: [1, 2, 1, 3] },
  { name: 'half of five, rounded up', spec: { minAvailable: '50%' }, scale: 5, expected: [0, 3, 3, 5] },
  { name: 'at most one of five missing', spec: { maxUnavailable: 1 }, scale: 5, expected: [0, 3, 4, 5] },
  { name: 'at most a third of three', spec: { maxUnavailable: '34%' }, scale: 3, expected: [2, 3, 1, 3] },
  { name: 'none yet', spec: { minAvailable: 0 }, pods: [], expected: [0, 0, 0, 0] },
  { name: 'more may be missing than there are', spec: { maxUnavailable: 9 }, scale: 3, expected: [3, 3, 0, 3] },
]
for (const { name, spec, pods = three, pending = {}, scale = 0, expected } of rows)
  t.test(name, async (t) => {
    const status = budgetStatus(budget(spec), { pods, pending, scale, now })
    const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status
    t.same([disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods], expected)
    t.match(status.conditions, [
      {
        type: 'DisruptionAllowed',
        status: disruptionsAllowed ? 'True' : 'False',
        reason: disruptionsAllowed ? 'SufficientPods' : 'InsufficientPods',
        observedGeneration: 3,
      },
    ])
  })

t.test('an eviction that was granted counts until it is overdue', async (t) => {
  const disruptedPods = { a: '2026-01-01T11:59:00Z', b: '2026-01-01T11:57:00Z', gone: '2026-01-01T11:59:00Z' }
  const { pending, overdue, recheckMs } = evictionsOf(budget({}, { disruptedPods }), three, now)
  t.same(pending, { a: '2026-01-01T11:59:00Z' })
  t.same(
    overdue.map(({ metadata }) => metadata.name),
    ['b'],
  )
  t.equal(recheckMs, 60_000)
})

t.test('where it cannot be known, nothing may go', async (t) => {
  const status = failedStatus(budget({}, { disruptionsAllowed: 2, currentHealthy: 3 }), { failure: 'why', now })
  t.match(status, {
    disruptionsAllowed: 0,
    currentHealthy: 3,
    conditions: [{ status: 'False', reason: 'SyncFailed', message: 'why' }],
  })
})

const target = (more: object, metadata: object = {}, phase = 'Running') =>
  ({
    metadata,
    status: {
      phase,
      conditions: [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: '2026-01-01T11:59:00Z', ...more }],
    },
  }) as unknown as Pod
const stale = [
  { name: 'for a minute', pod: target({}), expected: 60_000 },
  { name: 'for long', pod: target({ lastTransitionTime: '2026-01-01T11:00:00Z' }), expected: 0 },
  { name: 'its kubelet ends it', pod: target({ reason: 'TerminationByKubelet' }), expected: undefined },
  { name: 'it goes', pod: target({}, { deletionTimestamp: 'x' }), expected: undefined },
  { name: 'it ended', pod: target({}, {}, 'Failed'), expected: undefined },
]
for (const { name, pod, expected } of stale)
  t.test(`to be disrupted: ${name}`, async (t) => t.equal(staleIn(pod, now), expected))
