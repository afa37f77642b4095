import type { Container, NodeSelectorRequirement, Taint, Toleration } from '@tandem/api/core/v1/types'
import type { NodeFixture, PodFixture } from './objects.ts'

/**
 * One thing that a pod asks of a node, and whether the node grants it, as Kubernetes documents it. Reasons are upstream's words; `mends`
 * says whether fewer pods on the node could help.
 */
export interface Axis {
  name: string
  pod?: Partial<PodFixture>
  node?: Partial<Omit<NodeFixture, 'name'>>
  placed?: Partial<PodFixture>[]
  /** Absent where the node is feasible. */
  reason?: string
  mends?: boolean
}

const affinityRefused = "node(s) didn't match Pod's node affinity/selector"
const taintRefused = 'node(s) had untolerated taint(s)'
const portsRefused = "node(s) didn't have free ports for the requested pod ports"

const requirement = (operator: NodeSelectorRequirement['operator'], values: string[]): Partial<PodFixture> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'disk', operator, ...(values.length > 0 ? { values } : {}) }] },
        ],
      },
    },
  },
})

/** Operator and values against a node that has `disk=ssd`, `disk=5`, or no such label. */
const operators: [NodeSelectorRequirement['operator'], string[], { ssd: boolean; five: boolean; none: boolean }][] = [
  ['In', ['ssd'], { ssd: true, five: false, none: false }],
  ['In', ['ssd', '5'], { ssd: true, five: true, none: false }],
  ['NotIn', ['ssd'], { ssd: false, five: true, none: true }],
  ['Exists', [], { ssd: true, five: true, none: false }],
  ['DoesNotExist', [], { ssd: false, five: false, none: true }],
  ['Gt', ['4'], { ssd: false, five: true, none: false }],
  ['Gt', ['5'], { ssd: false, five: false, none: false }],
  ['Lt', ['6'], { ssd: false, five: true, none: false }],
  ['Lt', ['5'], { ssd: false, five: false, none: false }],
]

export const affinityAxes: Axis[] = operators.flatMap(([operator, values, grants]) =>
  (['ssd', 'five', 'none'] as const).map((label) => ({
    name: `affinity ${operator} [${values}] on ${label}`,
    pod: requirement(operator, values),
    node: label === 'none' ? {} : { labels: { disk: label === 'five' ? '5' : 'ssd' } },
    ...(grants[label] ? {} : { reason: affinityRefused }),
  })),
)

const key = 'dedicated'
const tolerations: [string, Toleration[]][] = [
  ['none', []],
  ['the same key, value and effect', [{ key, operator: 'Equal', value: 'db', effect: 'NoSchedule' }]],
  ['another value', [{ key, operator: 'Equal', value: 'web', effect: 'NoSchedule' }]],
  ['the key, whatever the value', [{ key, operator: 'Exists', effect: 'NoSchedule' }]],
  ['the key and value, whatever the effect', [{ key, operator: 'Equal', value: 'db' }]],
  ['another key', [{ key: 'other', operator: 'Exists' }]],
  ['everything', [{ operator: 'Exists' }]],
  ['everything with NoExecute', [{ operator: 'Exists', effect: 'NoExecute' }]],
]

/** Which of the tolerations above bear a taint `dedicated=db` of the effect. */
const bears: Record<Taint['effect'], boolean[]> = {
  NoSchedule: [false, true, false, true, true, false, true, false],
  NoExecute: [false, false, false, false, true, false, true, true],
  PreferNoSchedule: [true, true, true, true, true, true, true, true],
}

export const taintAxes: Axis[] = (Object.keys(bears) as Taint['effect'][]).flatMap((effect) =>
  tolerations.map(([name, list], index) => ({
    name: `taint ${effect}, tolerated: ${name}`,
    pod: { tolerations: list },
    node: { taints: [{ key, value: 'db', effect }] },
    ...(bears[effect][index] ? {} : { reason: taintRefused }),
  })),
)

export const cordonAxes: Axis[] = [
  { name: 'cordoned', node: { unschedulable: true }, reason: 'node(s) were unschedulable' },
  {
    name: 'cordoned, tolerated',
    pod: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }] },
    node: { unschedulable: true },
  },
  { name: 'not cordoned', node: { unschedulable: false } },
]

const using = (requests: Record<string, string>): Container[] => [
  { name: 'main', image: 'app', resources: { requests } },
]

const cpu = { has: '2', name: 'cpu' }
const resourceRow = (
  name: string,
  { wants, used, reason, mends }: { wants: string; used: string; reason?: string; mends?: boolean },
): Axis => ({
  name,
  pod: { containers: using({ [cpu.name]: wants }) },
  node: { cpu: cpu.has },
  placed: [{ containers: using({ [cpu.name]: used }) }],
  ...(reason ? { reason } : {}),
  ...(mends ? { mends } : {}),
})

export const resourceAxes: Axis[] = [
  resourceRow('room for all of it', { wants: '1', used: '500m' }),
  resourceRow('room for exactly it', { wants: '1', used: '1' }),
  resourceRow('room but for a thousandth', { wants: '1001m', used: '1', reason: 'Insufficient cpu', mends: true }),
  resourceRow('more than the node ever had', { wants: '3', used: '0', reason: 'Insufficient cpu' }),
  {
    name: 'requests nothing of a full node',
    pod: {},
    node: { cpu: '1' },
    placed: [{ containers: using({ cpu: '1' }) }],
  },
  { name: 'one pod too many', node: { pods: '1' }, placed: [{}], reason: 'Too many pods', mends: true },
  {
    name: 'a device that the node does not have',
    pod: { containers: using({ 'example.com/gpu': '1' }) },
    reason: 'Insufficient example.com/gpu',
  },
  {
    name: 'the most that any init container needs counts',
    pod: { initContainers: [{ name: 'init', image: 'app', resources: { requests: { cpu: '3' } } }] },
    node: { cpu: '2' },
    reason: 'Insufficient cpu',
  },
  {
    name: 'sidecars count beside the containers',
    pod: {
      initContainers: [
        { name: 'side', image: 'app', restartPolicy: 'Always', resources: { requests: { cpu: '1500m' } } },
      ],
      containers: using({ cpu: '1' }),
    },
    node: { cpu: '2' },
    reason: 'Insufficient cpu',
  },
  {
    name: 'overhead counts',
    pod: { overhead: { cpu: '1500m' }, containers: using({ cpu: '1' }) },
    node: { cpu: '2' },
    reason: 'Insufficient cpu',
  },
]

const listening = (hostPort: number, protocol: 'TCP' | 'UDP' = 'TCP', hostIP?: string): Container[] => [
  { name: 'main', image: 'app', ports: [{ containerPort: 80, hostPort, protocol, ...(hostIP ? { hostIP } : {}) }] },
]
const portRow = (name: string, wanted: Container[], claimed: Container[], refused: boolean): Axis => ({
  name,
  pod: { containers: wanted },
  placed: [{ containers: claimed }],
  ...(refused ? { reason: portsRefused, mends: true } : {}),
})

export const portAxes: Axis[] = [
  portRow('the same port', listening(80), listening(80), true),
  portRow('another port', listening(80), listening(81), false),
  portRow('the same port of another protocol', listening(80, 'TCP'), listening(80, 'UDP'), false),
  portRow(
    'the same port on another address',
    listening(80, 'TCP', '10.0.0.1'),
    listening(80, 'TCP', '10.0.0.2'),
    false,
  ),
  portRow('the same port on all addresses', listening(80, 'TCP', '10.0.0.1'), listening(80), true),
  portRow(
    'the same port on all addresses, said so',
    listening(80, 'TCP', '0.0.0.0'),
    listening(80, 'TCP', '10.0.0.2'),
    true,
  ),
]

/** In the order in which plugins are asked: the first that refuses says why. */
export const axesInOrder: readonly Axis[][] = [cordonAxes, taintAxes, affinityAxes, portAxes, resourceAxes]
