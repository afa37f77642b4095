import type { PodDisruptionBudget } from '@tandem/api/policy/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import t from 'tap'
import { nodesToFind } from '../src/schedule-pod.ts'
import { decide } from './decide.ts'
import type { NodeFixture, PodFixture } from './objects.ts'

const unhelpful = (count: number, total = count) =>
  `no new claims to deallocate, preemption: 0/${total} nodes are available: ${count} Preemption is not helpful for scheduling.`
const noVictims = (count: number, total = count) =>
  `no new claims to deallocate, preemption: 0/${total} nodes are available: ${count} No preemption victims found for incoming pod.`
const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name })
const inZone = (operator: 'In' | 'NotIn', value: string) => ({
  matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator, values: [value] }],
})

const budget = (app: string, disruptionsAllowed: number) =>
  ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: app, namespace: 'default', uid: app, resourceVersion: '1', creationTimestamp: '' },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed },
  }) as PodDisruptionBudget
const near = (app: string) => ({ topologyKey: 'topology.kubernetes.io/zone', labelSelector: { matchLabels: { app } } })
const spread = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway') => ({
  topologyKey: 'topology.kubernetes.io/zone',
  maxSkew: 1,
  whenUnsatisfiable,
  labelSelector: { matchLabels: { app: 'web' } },
})

const rows: {
  name: string
  pod: PodFixture
  nodes: NodeFixture[]
  placed?: (PodFixture & { on: string })[]
  objects?: KubernetesObject[]
  expect: string
}[] = [
  { name: 'one node that fits', pod: { name: 'p', cpu: '1' }, nodes: [{ name: 'a' }], expect: 'a' },
  { name: 'no nodes at all', pod: { name: 'p' }, nodes: [], expect: 'no nodes available to schedule pods' },
  {
    name: 'a pod larger than any node',
    pod: { name: 'p', cpu: '64' },
    nodes: [{ name: 'a' }],
    expect: `0/1 nodes are available: 1 Insufficient cpu. ${unhelpful(1)}`,
  },
  {
    name: 'a full node, with nobody to preempt',
    pod: { name: 'p', cpu: '3', memory: '6Gi' },
    nodes: [{ name: 'a' }],
    placed: [{ name: 'x', cpu: '2', memory: '4Gi', on: 'a' }],
    expect: `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${noVictims(1)}`,
  },
  {
    name: 'a node with its number of pods',
    pod: { name: 'p' },
    nodes: [{ name: 'a', pods: '1' }],
    placed: [{ name: 'x', on: 'a' }],
    expect: `0/1 nodes are available: 1 Too many pods. ${noVictims(1)}`,
  },
  {
    name: 'several nodes, each with its reason, in the order of words',
    pod: { name: 'p', cpu: '3', nodeSelector: { disk: 'ssd' } },
    nodes: [
      { name: 'a', unschedulable: true },
      { name: 'b', taints: [{ key: 'k', effect: 'NoSchedule' }] },
      { name: 'c' },
      { name: 'd', cpu: '1', labels: { disk: 'ssd' } },
    ],
    expect: `0/4 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${unhelpful(4)}`,
  },
  {
    name: 'a cordoned node for a pod that tolerates that',
    pod: { name: 'p', tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
    nodes: [{ name: 'a', unschedulable: true }],
    expect: 'a',
  },
  {
    name: 'a tolerated taint',
    pod: { name: 'p', tolerations: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
    nodes: [{ name: 'a', taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }],
    expect: 'a',
  },
  {
    name: 'a node that asks to be avoided comes second',
    pod: { name: 'p' },
    nodes: [{ name: 'a', taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }, { name: 'b' }],
    expect: 'b',
  },
  {
    name: 'a host port in use',
    pod: { name: 'p', containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] },
    nodes: [{ name: 'a' }],
    placed: [{ name: 'x', containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }], on: 'a' }],
    expect: `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${noVictims(1)}`,
  },
  {
    name: 'required node affinity',
    pod: {
      name: 'p',
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [inZone('In', 'z2')] } },
      },
    },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    expect: 'b',
  },
  {
    name: 'preferred node affinity',
    pod: {
      name: 'p',
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference: inZone('NotIn', 'z1') }],
        },
      },
    },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    expect: 'b',
  },
  {
    name: 'affinity to a node by name that is not there',
    pod: {
      name: 'p',
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }] }],
          },
        },
      },
    },
    nodes: [{ name: 'a' }],
    expect: `0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${unhelpful(1)}`,
  },
  {
    name: 'the node with more room left',
    pod: { name: 'p', cpu: '500m', memory: '1Gi' },
    nodes: [{ name: 'a' }, { name: 'b' }],
    placed: [{ name: 'x', cpu: '2', memory: '4Gi', on: 'a' }],
    expect: 'b',
  },
  {
    name: 'the node that has the image',
    pod: { name: 'p', containers: [{ name: 'c', image: 'registry/app' }] },
    nodes: [{ name: 'a' }, { name: 'b', images: ['registry/app:latest'] }],
    expect: 'b',
  },
  {
    name: 'a pod of lower priority gives way, and no more of them than must',
    pod: { name: 'p', cpu: '2', priority: 100 },
    nodes: [{ name: 'a' }],
    placed: [
      { name: 'low', cpu: '2', priority: 1, on: 'a' },
      { name: 'lowest', cpu: '2', priority: 0, on: 'a' },
    ],
    expect: 'preempts lowest on a',
  },
  {
    name: 'where the victims matter least',
    pod: { name: 'p', cpu: '4', priority: 100 },
    nodes: [{ name: 'a' }, { name: 'b' }],
    placed: [
      { name: 'x', cpu: '4', priority: 50, on: 'a' },
      { name: 'y', cpu: '4', priority: 10, on: 'b' },
    ],
    expect: 'preempts y on b',
  },
  {
    name: 'a pod that must not preempt',
    pod: { name: 'p', cpu: '4', priority: 100, preemptionPolicy: 'Never' },
    nodes: [{ name: 'a' }],
    placed: [{ name: 'x', cpu: '4', priority: 50, on: 'a' }],
    expect:
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  },
  {
    name: 'near a pod it wants to be near, by zone',
    pod: { name: 'p', affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('db')] } } },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
      { name: 'c', labels: zone('z2') },
    ],
    placed: [{ name: 'x', labels: { app: 'db' }, cpu: '3', memory: '6Gi', on: 'b' }],
    expect: 'c',
  },
  {
    name: 'nobody there to be near',
    pod: { name: 'p', affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('db')] } } },
    nodes: [{ name: 'a', labels: zone('z1') }],
    expect: `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${unhelpful(1)}`,
  },
  {
    name: 'the first of a kind that wants to be near its own',
    pod: {
      name: 'p',
      labels: { app: 'db' },
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('db')] } },
    },
    nodes: [{ name: 'a', labels: zone('z1') }],
    expect: 'a',
  },
  {
    name: 'far from a pod of its kind',
    pod: {
      name: 'p',
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('web')] } },
    },
    nodes: [{ name: 'a', labels: zone('z1') }],
    placed: [{ name: 'x', labels: { app: 'web' }, on: 'a' }],
    expect: `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${noVictims(1)}`,
  },
  {
    name: 'a pod that is there wants to be alone',
    pod: { name: 'p', labels: { app: 'web' } },
    nodes: [{ name: 'a', labels: zone('z1') }],
    placed: [
      {
        name: 'x',
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('web')] } },
        on: 'a',
      },
    ],
    expect: `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${noVictims(1)}`,
  },
  {
    name: 'a pod of lower priority that keeps others away gives way',
    pod: { name: 'p', labels: { app: 'web' }, priority: 10 },
    nodes: [{ name: 'a', labels: zone('z1') }],
    placed: [
      {
        name: 'x',
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('web')] } },
        on: 'a',
      },
    ],
    expect: 'preempts x on a',
  },
  {
    name: 'preferred company',
    pod: {
      name: 'p',
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: near('db') }],
        },
      },
    },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    placed: [{ name: 'x', labels: { app: 'db' }, on: 'b' }],
    expect: 'b',
  },
  {
    name: 'spread over zones, where one has more',
    pod: { name: 'p', labels: { app: 'web' }, topologySpreadConstraints: [spread('DoNotSchedule')] },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2'), cpu: '1' },
    ],
    placed: [{ name: 'x', labels: { app: 'web' }, on: 'a' }],
    expect: 'b',
  },
  {
    name: 'spread over zones, where the other has no room',
    pod: { name: 'p', cpu: '2', labels: { app: 'web' }, topologySpreadConstraints: [spread('DoNotSchedule')] },
    nodes: [{ name: 'a', labels: zone('z1') }, { name: 'b', labels: zone('z2'), cpu: '1' }, { name: 'c' }],
    placed: [{ name: 'x', labels: { app: 'web' }, on: 'a' }],
    expect:
      "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label). no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
  },
  {
    name: 'spread as well as may be',
    pod: { name: 'p', labels: { app: 'web' }, topologySpreadConstraints: [spread('ScheduleAnyway')] },
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    placed: [{ name: 'x', labels: { app: 'web' }, on: 'a' }],
    expect: 'b',
  },
  {
    name: 'preempts where no disruption budget is broken, at whatever priority',
    pod: { name: 'p', cpu: '1', priority: 100 },
    nodes: [
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ],
    placed: [
      { name: 'x', cpu: '1', labels: { app: 'db' }, on: 'a' },
      { name: 'y', cpu: '1', priority: 50, on: 'b' },
    ],
    objects: [budget('db', 0)],
    expect: 'preempts y on b',
  },
  {
    name: 'keeps the pod that a budget protects, of two on one node',
    pod: { name: 'p', cpu: '1', priority: 100 },
    nodes: [{ name: 'a', cpu: '2' }],
    placed: [
      { name: 'x', cpu: '1', labels: { app: 'db' }, on: 'a' },
      { name: 'y', cpu: '1', priority: 50, on: 'a' },
    ],
    objects: [budget('db', 0)],
    expect: 'preempts y on a',
  },
  {
    name: 'breaks a budget where nothing else helps',
    pod: { name: 'p', cpu: '1', priority: 100 },
    nodes: [{ name: 'a', cpu: '1' }],
    placed: [{ name: 'x', cpu: '1', labels: { app: 'db' }, on: 'a' }],
    objects: [budget('db', 0)],
    expect: 'preempts x on a',
  },
  {
    name: 'a budget that allows it is no hindrance',
    pod: { name: 'p', cpu: '1', priority: 100 },
    nodes: [
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ],
    placed: [
      { name: 'x', cpu: '1', labels: { app: 'db' }, on: 'a' },
      { name: 'y', cpu: '1', priority: 50, on: 'b' },
    ],
    objects: [budget('db', 1)],
    expect: 'preempts x on a',
  },
  {
    name: 'a resource claim that there is not',
    pod: { name: 'p', resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] },
    nodes: [{ name: 'a' }],
    expect: `0/1 nodes are available: resourceclaim.resource.k8s.io "gpu" not found. ${unhelpful(1)}`,
  },
]

for (const { name, expect, ...situation } of rows) t.test(name, async (t) => t.equal(decide(situation), expect))

t.test('in large clusters only a share of the nodes is looked for', async (t) => {
  for (const [nodes, percentage, expected] of [
    [50, 0, 50],
    [100, 0, 100],
    [1000, 0, 420],
    [6000, 0, 300],
    [1000, 10, 100],
    [5000, 100, 5000],
  ] as const) {
    t.equal(nodesToFind(nodes, percentage), expected, `${nodes} nodes at ${percentage}%`)
  }
})
