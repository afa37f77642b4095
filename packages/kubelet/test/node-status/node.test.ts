import type { Node, Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { defaultEvictionHard, parseThresholds } from '../../src/eviction/thresholds.ts'
import { parseTaint } from '../../src/flags.ts'
import { nodeAdmission } from '../../src/lifecycle/node-admission.ts'
import { allocatableOf, capacityOf, type Machine } from '../../src/node-status/machine.ts'
import { conditionEvents } from '../../src/node-status/node-events.ts'
import { nodeImages } from '../../src/node-status/node-images.ts'
import { type NodeHealth, newNode, nodeStatus, sameStatus } from '../../src/node-status/node-object.ts'
import { container, nodeOf, podOf } from '../fixtures.ts'

const machine: Machine = {
  machineID: 'm',
  systemUUID: 's',
  bootID: 'b',
  kernelVersion: '6.1',
  osImage: 'Debian',
  architecture: 'amd64',
  cpus: 4,
  memoryBytes: 8 * 1024 ** 3,
  diskBytes: 100 * 1024 ** 3,
}

const none = { evictionSoft: {}, evictionSoftGracePeriod: {}, evictionMinimumReclaim: {} }
const defaults = parseThresholds({ ...none, evictionHard: defaultEvictionHard })

t.test('a node has all of the machine, or its share of it', async (t) => {
  const all = capacityOf(machine, {}, 110)
  t.same(all, { cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '104857600Ki', pods: '110' })
  const share = capacityOf(machine, { cpu: '1500m', memory: '2Gi' }, 20)
  t.match(share, { cpu: '1500m', memory: '2Gi', pods: '20' })
  t.same(allocatableOf(all, { cpu: '500m', memory: '1Gi' }, defaults), {
    cpu: '3500m',
    memory: '7068Mi',
    'ephemeral-storage': '90Gi',
    pods: '110',
  })
})

const facts = {
  name: 'n1',
  ip: '10.0.0.1',
  port: 10250,
  machine,
  capacity: capacityOf(machine, {}, 110),
  allocatable: {},
  runtimeVersion: 'docker://20.10',
  labels: { zone: 'a' },
  annotations: {},
  taints: [parseTaint('only=x:NoSchedule')],
}
const healthy: NodeHealth = { runtimeError: undefined, networkError: undefined, pressure: new Set() }

t.test('a new node says what it is', async (t) => {
  t.match(newNode(facts, healthy, '2026-01-01T00:00:00Z'), {
    metadata: {
      name: 'n1',
      labels: { 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', zone: 'a' },
    },
    spec: { taints: [{ key: 'only', value: 'x', effect: 'NoSchedule' }] },
    status: {
      addresses: [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  })
})

t.test('a node is ready when its engine and its network are', async (t) => {
  const ready = (health: NodeHealth, old?: Node['status']) =>
    nodeStatus(facts, health, { now: '2026-01-01T00:01:00Z', old }).conditions?.find(({ type }) => type === 'Ready')
  t.match(ready(healthy), { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' })
  t.match(ready({ ...healthy, runtimeError: 'refused', networkError: 'none' }), {
    status: 'False',
    reason: 'KubeletNotReady',
    message:
      '[container runtime is down: refused, container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:none]',
  })
  const before = nodeStatus(facts, healthy, { now: '2026-01-01T00:00:00Z', old: undefined })
  const after = nodeStatus(facts, healthy, { now: '2026-01-01T00:01:00Z', old: before })
  t.match(
    after.conditions?.find(({ type }) => type === 'Ready'),
    { lastTransitionTime: '2026-01-01T00:00:00Z', lastHeartbeatTime: '2026-01-01T00:01:00Z' },
  )
  t.ok(sameStatus(before, after), 'a heartbeat alone is no change')
  t.notOk(sameStatus(before, nodeStatus(facts, { ...healthy, runtimeError: 'x' }, { now: '', old: before })))
})

t.test('pressure is a condition each, and each turn of one an event', async (t) => {
  const calm = nodeStatus(facts, healthy, { now: '', old: undefined })
  const pressed = nodeStatus(
    facts,
    { ...healthy, pressure: new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure']) },
    { now: '', old: calm },
  )
  t.match(pressed.conditions, [
    { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' },
    { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' },
    { type: 'PIDPressure', status: 'True', reason: 'KubeletHasInsufficientPID' },
    { type: 'Ready', status: 'True' },
  ])
  t.same(conditionEvents(pressed, calm), ['NodeHasInsufficientMemory', 'NodeHasDiskPressure', 'NodeHasInsufficientPID'])
  t.same(conditionEvents(pressed, pressed), [])
  t.ok(conditionEvents(calm, undefined).includes('NodeReady'))
})

t.test('a node tells of its largest images, and not of what has no name', async (t) => {
  const image = (id: string, sizeBytes: number, names = [`${id}:1`]) => ({ id, reference: id, names, sizeBytes })
  const many = Array.from({ length: 60 }, (_, index) => image(`i${index}`, index))
  const told = nodeImages([image('nameless', 1000, []), ...many, image('large', 100, ['1', '2', '3', '4', '5', '6'])])
  t.equal(told.length, 50)
  t.same(told.slice(0, 2), [
    { names: ['1', '2', '3', '4', '5'], sizeBytes: 100 },
    { names: ['i59:1'], sizeBytes: 59 },
  ])
  const before = nodeStatus(facts, healthy, { now: '', old: undefined })
  t.notOk(sameStatus(before, nodeStatus({ ...facts, images: told }, healthy, { now: '', old: before })))
})

const asks = (cpu: string, more: Partial<Pod['spec']> = {}) =>
  podOf({ containers: [container('main', { resources: { requests: { cpu } } })], ...more })
const onPort = podOf({ containers: [container('main', { ports: [{ containerPort: 80, hostPort: 80 }] })] })
const allocatable = { cpu: '2', memory: '4Gi', pods: '2' }
const admissions: { name: string; pod: Pod; node?: Node; others?: Pod[]; reason?: string; message?: string }[] = [
  { name: 'fits', pod: asks('1'), others: [asks('1')] },
  {
    name: 'is too large',
    pod: asks('1500m'),
    others: [asks('1')],
    reason: 'OutOfcpu',
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  },
  {
    name: 'asks for pages that the node has none of',
    pod: podOf({ containers: [container('main', { resources: { requests: { 'hugepages-2Mi': '4Mi' } } })] }),
    reason: 'OutOfhugepages-2Mi',
    message: "Node didn't have enough resource: hugepages-2Mi, requested: 4194304, used: 0, capacity: 0",
  },
  {
    name: 'asks for what no node counts',
    pod: podOf({ containers: [container('main', { resources: { requests: { 'example.com/gpu': '1' } } })] }),
  },
  {
    name: 'is made for another system',
    pod: podOf({ os: { name: 'windows' } }),
    reason: 'PodOSNotSupported',
    message: "Failed to admit pod as the OS field doesn't match node OS",
  },
  {
    name: 'sets a sysctl that others would feel',
    pod: podOf({ securityContext: { sysctls: [{ name: 'kernel/msgmax', value: '1' }] } }),
    reason: 'SysctlForbidden',
    message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
  },
  {
    name: "sets the host's sysctl",
    pod: podOf({
      hostNetwork: true,
      securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] },
    }),
    reason: 'SysctlForbidden',
    message: 'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled',
  },
  {
    name: 'sets sysctls that are safe, or allowed here',
    pod: podOf({
      securityContext: {
        sysctls: [
          { name: 'kernel.shm_rmid_forced', value: '1' },
          { name: 'net.core.somaxconn', value: '1' },
        ],
      },
    }),
  },
  {
    name: 'wants its groups strictly',
    pod: podOf({ securityContext: { supplementalGroupsPolicy: 'Strict' } }),
    reason: 'SupplementalGroupsPolicyNotSupported',
    message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
  },
  {
    name: 'is one too many',
    pod: podOf(),
    others: [podOf(), podOf()],
    reason: 'OutOfpods',
    message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
  },
  {
    name: 'wants another node',
    pod: podOf({ nodeSelector: { disk: 'ssd' } }),
    reason: 'NodeAffinity',
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  },
  {
    name: 'wants a port that is taken',
    pod: onPort,
    others: [onPort],
    reason: 'NodePorts',
    message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  },
  {
    name: 'does not tolerate a NoExecute taint',
    pod: podOf(),
    node: nodeOf({ spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } }),
    reason: 'TaintToleration',
  },
  {
    name: 'need not tolerate NoSchedule',
    pod: podOf(),
    node: nodeOf({ spec: { taints: [{ key: 'full', effect: 'NoSchedule' }] } }),
  },
]
for (const { name, pod, node = nodeOf(), others = [], reason, message } of admissions) {
  t.test(`a pod that ${name}`, async (t) => {
    const refusal = nodeAdmission({ pod, node, allocatable, others, allowedSysctls: ['net.core.*'] })
    t.equal(refusal?.reason, reason)
    if (message) t.equal(refusal?.message, message)
  })
}
