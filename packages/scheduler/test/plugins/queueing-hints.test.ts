import t from 'tap'
import type { ClusterChange } from '../../src/framework/cluster-event.ts'
import { podInfoOf } from '../../src/framework/pod-info.ts'
import { defaultPlugins } from '../../src/framework/profile.ts'
import { handleOf, type NodeFixture, nodeOf, objectsOf, type PodFixture, podOf } from '../objects.ts'

const node =
  (event: 'NodeAdd' | 'NodeLabelChange' | 'NodeTaintChange' | 'NodeAllocatableChange' | 'NodeDelete') =>
  (fixture: Partial<NodeFixture>, old?: Partial<NodeFixture>): ClusterChange => ({
    event,
    node: nodeOf({ name: 'n', ...fixture }),
    ...(old ? { old: nodeOf({ name: 'n', ...old }) } : {}),
  })
const podGone = (fixture: Partial<PodFixture>): ClusterChange => ({
  event: 'AssignedPodDelete',
  pod: podInfoOf(podOf({ name: 'other', nodeName: 'n', ...fixture })),
})
const podCame = (fixture: Partial<PodFixture>): ClusterChange => ({
  event: 'AssignedPodAdd',
  pod: podInfoOf(podOf({ name: 'other', nodeName: 'n', ...fixture })),
})
const podChanged = (fixture: Partial<PodFixture>, old: Partial<PodFixture>): ClusterChange => ({
  event: 'AssignedPodUpdate',
  pod: podInfoOf(podOf({ name: 'other', nodeName: 'n', ...fixture })),
  old: podOf({ name: 'other', nodeName: 'n', ...old }),
})

const taint = { key: 'a', effect: 'NoSchedule' as const }
const port = (hostPort: number): PodFixture['containers'] => [
  { name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort, protocol: 'TCP' }] },
]
const near = (app: string) => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: 'zone',
})
const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('db')] } }
const antiAffinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('db')] } }
const spread: Partial<PodFixture> = {
  labels: { app: 'web' },
  topologySpreadConstraints: [
    {
      topologyKey: 'zone',
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
    },
  ],
}

interface Row {
  name: string
  plugin: string
  pod: Partial<PodFixture>
  change: ClusterChange
  helps: boolean
}

const rows: Row[] = [
  {
    name: 'a new node that is large enough',
    plugin: 'NodeResourcesFit',
    pod: { cpu: '2' },
    change: node('NodeAdd')({ cpu: '2' }),
    helps: true,
  },
  {
    name: 'a new node that is too small',
    plugin: 'NodeResourcesFit',
    pod: { cpu: '2' },
    change: node('NodeAdd')({ cpu: '1' }),
    helps: false,
  },
  {
    name: 'a pod that goes',
    plugin: 'NodeResourcesFit',
    pod: { cpu: '2' },
    change: podGone({ cpu: '1' }),
    helps: true,
  },
  {
    name: 'a pod that shrinks',
    plugin: 'NodeResourcesFit',
    pod: { cpu: '2' },
    change: podChanged({ cpu: '1' }, { cpu: '2' }),
    helps: true,
  },
  {
    name: 'a pod that gives back what is not wanted',
    plugin: 'NodeResourcesFit',
    pod: { cpu: '2' },
    change: podChanged({ memory: '1Gi' }, { memory: '2Gi' }),
    helps: false,
  },
  {
    name: 'labels that match',
    plugin: 'NodeAffinity',
    pod: { nodeSelector: { disk: 'ssd' } },
    change: node('NodeLabelChange')({ labels: { disk: 'ssd' } }),
    helps: true,
  },
  {
    name: 'labels that do not',
    plugin: 'NodeAffinity',
    pod: { nodeSelector: { disk: 'ssd' } },
    change: node('NodeLabelChange')({ labels: { disk: 'hdd' } }),
    helps: false,
  },
  {
    name: 'a taint taken away',
    plugin: 'TaintToleration',
    pod: {},
    change: node('NodeTaintChange')({}, { taints: [taint] }),
    helps: true,
  },
  {
    name: 'one taint of two taken away',
    plugin: 'TaintToleration',
    pod: {},
    change: node('NodeTaintChange')({ taints: [taint] }),
    helps: false,
  },
  {
    name: 'a node opened again',
    plugin: 'NodeUnschedulable',
    pod: {},
    change: node('NodeTaintChange')({}),
    helps: true,
  },
  {
    name: 'a node that stays closed',
    plugin: 'NodeUnschedulable',
    pod: {},
    change: node('NodeTaintChange')({ unschedulable: true }),
    helps: false,
  },
  {
    name: 'the port given back',
    plugin: 'NodePorts',
    pod: { containers: port(80) },
    change: podGone({ containers: port(80) }),
    helps: true,
  },
  {
    name: 'another port given back',
    plugin: 'NodePorts',
    pod: { containers: port(80) },
    change: podGone({ containers: port(81) }),
    helps: false,
  },
  {
    name: 'a new node for a port',
    plugin: 'NodePorts',
    pod: { containers: port(80) },
    change: node('NodeAdd')({}),
    helps: true,
  },
  {
    name: 'the node that is named',
    plugin: 'NodeName',
    pod: { nodeName: 'n' },
    change: node('NodeAdd')({}),
    helps: true,
  },
  {
    name: 'another node than that named',
    plugin: 'NodeName',
    pod: { nodeName: 'm' },
    change: node('NodeAdd')({}),
    helps: false,
  },
  {
    name: 'who is wanted near comes',
    plugin: 'InterPodAffinity',
    pod: { affinity },
    change: podCame({ labels: { app: 'db' } }),
    helps: true,
  },
  {
    name: 'somebody else comes',
    plugin: 'InterPodAffinity',
    pod: { affinity },
    change: podCame({ labels: { app: 'web' } }),
    helps: false,
  },
  {
    name: 'who is wanted far goes',
    plugin: 'InterPodAffinity',
    pod: { affinity: antiAffinity },
    change: podGone({ labels: { app: 'db' } }),
    helps: true,
  },
  {
    name: 'who is wanted far comes',
    plugin: 'InterPodAffinity',
    pod: { affinity: antiAffinity },
    change: podCame({ labels: { app: 'db' } }),
    helps: false,
  },
  {
    name: 'who refused the pod goes',
    plugin: 'InterPodAffinity',
    pod: {},
    change: podGone({ affinity: antiAffinity }),
    helps: true,
  },
  {
    name: 'a node without the topology, for affinity',
    plugin: 'InterPodAffinity',
    pod: { affinity },
    change: node('NodeAdd')({}),
    helps: false,
  },
  {
    name: 'a node without the topology, for anti-affinity',
    plugin: 'InterPodAffinity',
    pod: { affinity: antiAffinity },
    change: node('NodeAdd')({}),
    helps: true,
  },
  {
    name: 'one of the kind that is spread goes',
    plugin: 'PodTopologySpread',
    pod: spread,
    change: podGone({ labels: { app: 'web' } }),
    helps: true,
  },
  {
    name: 'one of another kind goes',
    plugin: 'PodTopologySpread',
    pod: spread,
    change: podGone({ labels: { app: 'db' } }),
    helps: false,
  },
  {
    name: 'a node in a zone',
    plugin: 'PodTopologySpread',
    pod: spread,
    change: node('NodeAdd')({ labels: { zone: 'a' } }),
    helps: true,
  },
  { name: 'a node in none', plugin: 'PodTopologySpread', pod: spread, change: node('NodeAdd')({}), helps: false },
  {
    name: 'a zone that goes with its node',
    plugin: 'PodTopologySpread',
    pod: spread,
    change: node('NodeDelete')({ labels: { zone: 'a' } }),
    helps: true,
  },
]

const handle = handleOf(objectsOf([]))

for (const { name, plugin, pod, change, helps } of rows) {
  t.test(`${plugin}: ${name} ${helps ? 'helps' : 'does not help'}`, async (t) => {
    const found = defaultPlugins.find((one) => one.name === plugin)
    t.ok(found?.events?.includes(change.event), `${change.event} is one of its events`)
    t.equal(Boolean(found?.mayHelp?.(podInfoOf(podOf({ name: 'p', ...pod })), change, handle)), helps)
  })
}
