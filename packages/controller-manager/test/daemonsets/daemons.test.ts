import type { DaemonSet, DaemonSetSpec } from '@tandem/api/apps/v1/types'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { FailedPodBackoff } from '../../src/daemonsets/failed-pods.ts'
import { nodeFit } from '../../src/daemonsets/node-fit.ts'
import { type DaemonView, planPods } from '../../src/daemonsets/plan.ts'
import { nodeOf, podForNode } from '../../src/daemonsets/pod-of-daemonset.ts'
import { updateStep } from '../../src/daemonsets/rolling-update.ts'
import { daemonStatus } from '../../src/daemonsets/status.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const node = (name: string, { taints = [], labels = {} }: { taints?: object[]; labels?: object } = {}): Node =>
  ({ metadata: { name, labels }, spec: { taints } }) as unknown as Node
const daemonSet = (spec: Partial<DaemonSetSpec> = {}, template: object = {}): DaemonSet =>
  ({
    metadata: { name: 'ds', namespace: 'ns', uid: 'ds', generation: 2 },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [], ...template } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      ...spec,
    },
  }) as unknown as DaemonSet
interface SomePod {
  hash?: string
  phase?: string
  ready?: boolean
  deleted?: boolean
  scheduled?: boolean
  age?: number
}
let count = 0
const pod = (
  nodeName: string,
  { hash = 'new', phase = 'Running', ready = true, deleted = false, scheduled = true, age = 0 }: SomePod = {},
): Pod => {
  const { spec } = podForNode(daemonSet(), { node: nodeName, hash })
  const name = `p${count++}`
  return {
    metadata: {
      name,
      uid: name,
      labels: { 'controller-revision-hash': hash },
      creationTimestamp: new Date(now - age * 1000).toISOString(),
      ...(deleted && { deletionTimestamp: '2026-01-01T11:00:00Z' }),
    },
    spec: { ...spec, ...(scheduled && { nodeName }) },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  } as unknown as Pod
}
const view = (nodes: Node[], pods: Pod[], set = daemonSet()): DaemonView => ({
  daemonSet: set,
  nodes,
  pods,
  hash: 'new',
  now,
})

const taint = (effect: string, key = 'x') => ({ key, effect })
const fits = [
  { name: 'any node', set: daemonSet(), node: node('a'), expected: 'run' },
  {
    name: 'one that is not ready',
    set: daemonSet(),
    node: node('a', { taints: [taint('NoExecute', 'node.kubernetes.io/not-ready')] }),
    expected: 'run',
  },
  {
    name: 'one that is cordoned',
    set: daemonSet(),
    node: node('a', { taints: [taint('NoSchedule', 'node.kubernetes.io/unschedulable')] }),
    expected: 'run',
  },
  {
    name: 'no network, but the host’s',
    set: daemonSet({}, { hostNetwork: true }),
    node: node('a', { taints: [taint('NoSchedule', 'node.kubernetes.io/network-unavailable')] }),
    expected: 'run',
  },
  {
    name: 'one that takes no new pods',
    set: daemonSet(),
    node: node('a', { taints: [taint('NoSchedule')] }),
    expected: 'keep',
  },
  {
    name: 'one that takes no pods',
    set: daemonSet(),
    node: node('a', { taints: [taint('NoExecute')] }),
    expected: 'leave',
  },
  {
    name: 'one with a label',
    set: daemonSet({}, { nodeSelector: { gpu: 'yes' } }),
    node: node('a', { labels: { gpu: 'yes' } }),
    expected: 'run',
  },
  { name: 'one without', set: daemonSet({}, { nodeSelector: { gpu: 'yes' } }), node: node('a'), expected: 'leave' },
  { name: 'another by name', set: daemonSet({}, { nodeName: 'b' }), node: node('a'), expected: 'leave' },
]
for (const { name, set, node, expected } of fits)
  t.test(`fit: ${name}`, async (t) => t.equal(nodeFit(set, node), expected))

const surging = daemonSet({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
})
const plans = [
  { name: 'a node without', pods: [], expected: { create: ['a'] } },
  { name: 'a pod that waits for it is there', pods: [pod('a', { scheduled: false })], expected: {} },
  { name: 'two: the younger goes', pods: [pod('a', { age: 5 }), pod('a', { age: 9 })], expected: { remove: [0] } },
  {
    name: 'two: the one without a node goes',
    pods: [pod('a'), pod('a', { scheduled: false, age: 9 })],
    expected: { remove: [1] },
  },
  { name: 'one that failed', pods: [pod('a', { phase: 'Failed' })], expected: { failed: [0] } },
  { name: 'one that ended', pods: [pod('a', { phase: 'Succeeded' })], expected: { succeeded: [0] } },
  {
    name: 'it waits for a node that is gone',
    pods: [pod('a'), pod('gone', { scheduled: false })],
    expected: { remove: [1] },
  },
  { name: 'nothing while one is going', pods: [pod('a', { deleted: true })], expected: {} },
  { name: 'surging: one at once', pods: [pod('a', { deleted: true })], set: surging, expected: { create: ['a'] } },
  {
    name: 'surging: old and new',
    pods: [pod('a', { hash: 'old' }), pod('a', { ready: false })],
    set: surging,
    expected: {},
  },
  {
    name: 'surging: the new one is ready',
    pods: [pod('a', { hash: 'old' }), pod('a')],
    set: surging,
    expected: { remove: [0] },
  },
  {
    name: 'surging: the old one is not',
    pods: [pod('a', { hash: 'old', ready: false }), pod('a', { ready: false })],
    set: surging,
    expected: { remove: [0] },
  },
]
for (const { name, pods, set, expected } of plans)
  t.test(`plan: ${name}`, async (t) => {
    const plan = planPods(view([node('a')], pods, set))
    const at = (chosen: Pod[]) => chosen.map((one) => (pods as Pod[]).indexOf(one))
    t.same(
      {
        create: plan.create,
        remove: at(plan.remove),
        failed: at(plan.failed.map(({ pod }) => pod)),
        succeeded: at(plan.succeeded.map(({ pod }) => pod)),
      },
      { create: [], remove: [], failed: [], succeeded: [], ...expected },
    )
  })

const nodes = [node('a'), node('b'), node('c')]
const old = (name: string, more: SomePod = {}) => pod(name, { hash: 'old', ...more })
const updates = [
  { name: 'one at a time', pods: [old('a'), old('b'), old('c')], expected: { remove: [0] } },
  { name: 'not while one is missing', pods: [old('a'), old('b')], expected: {} },
  { name: 'not while a new one is not ready', pods: [pod('a', { ready: false }), old('b'), old('c')], expected: {} },
  {
    name: 'what is broken goes at once',
    pods: [old('a', { ready: false }), old('b', { ready: false }), old('c')],
    expected: { remove: [0, 1] },
  },
  {
    name: 'half of three is two',
    set: daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } } }),
    pods: [old('a'), old('b'), old('c')],
    expected: { remove: [0, 1] },
  },
  {
    name: 'OnDelete',
    set: daemonSet({ updateStrategy: { type: 'OnDelete' } }),
    pods: [old('a'), old('b'), old('c')],
    expected: {},
  },
  { name: 'surging: one more first', set: surging, pods: [old('a'), old('b'), old('c')], expected: { create: ['a'] } },
  {
    name: 'surging: the next when that is done',
    set: surging,
    pods: [old('a'), pod('a', { ready: false }), old('b'), old('c')],
    expected: {},
  },
  {
    name: 'surging: the old one goes',
    set: surging,
    pods: [old('a'), pod('a'), old('b'), old('c')],
    expected: { remove: [0], create: ['b'] },
  },
  {
    name: 'surging: what is broken is made up for at once',
    set: surging,
    pods: [old('a', { ready: false }), old('b', { ready: false }), old('c')],
    expected: { create: ['a', 'b', 'c'] },
  },
]
for (const { name, pods, set, expected } of updates)
  t.test(`update: ${name}`, async (t) => {
    const { create, remove } = updateStep(view(nodes, pods, set))
    t.same({ create, remove: remove.map((one) => pods.indexOf(one)) }, { create: [], remove: [], ...expected })
  })

t.test('a pod is put on its node by affinity, and tolerates what is wrong with it', async (t) => {
  const made = podForNode(daemonSet({}, { tolerations: [{ key: 'own', operator: 'Exists' }] }), {
    node: 'a',
    hash: 'h',
  })
  t.equal(nodeOf(made as Pod), 'a')
  t.match(made.metadata, { generateName: 'ds-', labels: { a: 'b', 'controller-revision-hash': 'h' } })
  t.equal(made.spec.tolerations?.length, 7)
  t.equal(made.spec.nodeName, undefined)
})

t.test('the status', async (t) => {
  const tainted = node('d', { taints: [taint('NoSchedule')] })
  const status = daemonStatus(view([...nodes, tainted], [pod('a'), old('b', { ready: false }), pod('d')]), {
    acted: true,
  })
  t.same(status, {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    numberReady: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
    observedGeneration: 2,
  })
  t.equal(daemonStatus(view([], []), { acted: false }).observedGeneration, undefined)
})

t.test('a pod that fails is replaced ever more slowly', async (t) => {
  let time = 0
  const backoff = new FailedPodBackoff({ monotonic: () => time } as never)
  const after = (ms: number) => {
    time += ms
    return backoff.next('k')
  }
  t.same([after(0), after(400), after(600), after(1000), after(1000)], [0, 600, 0, 1000, 0])
  t.equal(after(2_000_000), 0)
  t.equal(after(0), 1000, 'after a long time it begins anew')
})
