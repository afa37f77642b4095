import t from 'tap'
import { endpoints } from '../../../src/core/v1/endpoints.ts'
import { events } from '../../../src/core/v1/event.ts'
import { namespaces, validateFinalizeUpdate } from '../../../src/core/v1/namespace.ts'
import { nodes } from '../../../src/core/v1/node.ts'
import { replicationControllers } from '../../../src/core/v1/replicationcontroller.ts'
import type { Node } from '../../../src/core/v1/types.ts'
import { created, faults, noon, row, statusFaults, template, updateFaults } from '../../rules.ts'

t.test('a namespace is made with its finalizer, its label and its phase', async (t) => {
  const namespace = created(namespaces, { metadata: { labels: { team: 'a' } }, status: { phase: 'Terminating' } })
  t.strictSame(namespace.spec, { finalizers: ['kubernetes'] })
  t.strictSame(namespace.status, { phase: 'Active' })
  t.strictSame(namespace.metadata.labels, { team: 'a', 'kubernetes.io/metadata.name': 'web' })
  t.match(row(namespaces, namespace, noon), { Name: 'web', Status: 'Active', Age: '10m' })
})

t.test('finalizers of a namespace change in their own place', async (t) => {
  const old = created(namespaces, {})
  const next: typeof old = structuredClone({ ...old, spec: {} })
  namespaces.prepareForUpdate?.(next, old)
  t.strictSame(next.spec.finalizers, ['kubernetes'])
  const odd = { ...old, spec: { finalizers: ['odd'] } }
  t.equal(
    validateFinalizeUpdate(odd)[0]?.message,
    'Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified',
  )
})

t.test('a namespace terminates when it is deleted', async (t) => {
  t.strictSame(statusFaults(namespaces, { spec: {}, from: {}, to: { phase: 'Terminating' } }), [
    'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
  ])
})

const nodeRows = [
  {
    name: 'nothing known',
    node: {},
    expected: { Status: 'Unknown', Roles: '<none>', Version: '', 'Internal-IP': '<none>' },
  },
  {
    name: 'ready, cordoned, with roles',
    node: {
      metadata: {
        labels: {
          'node-role.kubernetes.io/worker': '',
          'node-role.kubernetes.io/control-plane': '',
          'kubernetes.io/role': 'db',
        },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
        nodeInfo: {
          kubeletVersion: 'v1.36.1',
          osImage: 'Debian',
          kernelVersion: '6.18',
          architecture: 'amd64',
          containerRuntimeVersion: 'docker://20.10',
        },
      },
    },
    expected: {
      Status: 'Ready,SchedulingDisabled',
      Roles: 'control-plane,db,worker',
      Version: 'v1.36.1',
      'Internal-IP': '192.0.2.1',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '6.18 (amd64)',
      'Container-Runtime': 'docker://20.10',
    },
  },
  {
    name: 'not heard of',
    node: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
    expected: { Status: 'NotReady', 'Kernel-Version': '<unknown>' },
  },
]

for (const { name, node, expected } of nodeRows)
  t.test(`node: ${name}`, async (t) => {
    t.match(row(nodes, created(nodes, node), noon), expected)
  })

t.test('what a node has may be used', async (t) => {
  const node = created(nodes, { status: { capacity: { cpu: '2' } } })
  t.strictSame(node.status?.allocatable, { cpu: '2' })
})

const taint = { key: 'a', value: 'b', effect: 'NoSchedule' }
const nodeFaultRows = [
  { name: 'two taints', spec: { taints: [taint, { ...taint, effect: 'NoExecute' }] }, expected: [] },
  {
    name: 'a taint twice',
    spec: { taints: [taint, { ...taint, value: 'c' }] },
    expected: [
      'metadata.taints[1]: Duplicate value: {"key":"a","value":"c","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ],
  },
  {
    name: 'a taint without effect',
    spec: { taints: [{ key: 'a', effect: 'Never' }] },
    expected: [
      'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  },
  {
    name: 'ranges of one family',
    spec: { podCIDRs: ['10.244.0.0/24', '10.244.1.0/24'] },
    expected: [
      'spec.podCIDRs: Invalid value: ["10.244.0.0/24","10.244.1.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  },
]

for (const { name, spec, expected } of nodeFaultRows)
  t.test(`node: ${name}`, async (t) => {
    t.strictSame(faults(nodes, { spec }), expected)
  })

t.test('a node keeps its range and its provider', async (t) => {
  const from = { spec: { podCIDR: '10.244.0.0/24', providerID: 'a://1' } }
  t.strictSame(updateFaults(nodes, { from: { spec: {} }, to: from }), [])
  t.strictSame(updateFaults(nodes, { from, to: { spec: { podCIDR: '10.244.1.0/24', providerID: 'a://2' } } }), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ])
})

t.test('a kubelet’s status update leaves the spec alone', async (t) => {
  const old = created(nodes, { spec: { unschedulable: true } })
  const next: Node = structuredClone({ ...old, spec: {} })
  nodes.prepareForStatusUpdate?.(next, old)
  t.equal(next.spec.unschedulable, true)
})

const ago = (seconds: number): string => new Date(noon - seconds * 1000).toISOString()
const pod = { kind: 'Pod', name: 'web-1', namespace: 'default' }
const eventRows = [
  {
    name: 'once',
    event: { firstTimestamp: ago(30), lastTimestamp: ago(30), count: 1, source: { component: 'kubelet', host: 'n1' } },
    expected: { 'Last Seen': '30s', 'First Seen': '30s', Count: 1, Source: 'kubelet, n1' },
  },
  {
    name: 'again and again',
    event: { firstTimestamp: ago(300), lastTimestamp: ago(5), count: 7, source: { component: 'kubelet' } },
    expected: { 'Last Seen': '5s', 'First Seen': '5m', Count: 7, Source: 'kubelet' },
  },
  {
    name: 'the new way',
    event: { eventTime: ago(60), reportingComponent: 'default-scheduler', reportingInstance: 'host' },
    expected: { 'Last Seen': '60s', 'First Seen': '60s', Count: 1, Source: 'default-scheduler, host' },
  },
  {
    name: 'a series',
    event: { eventTime: ago(600), series: { count: 4, lastObservedTime: ago(10) }, reportingComponent: 'x' },
    expected: { 'Last Seen': '10s', 'First Seen': '10m', Count: 4 },
  },
]

for (const { name, event, expected } of eventRows)
  t.test(`event: ${name}`, async (t) => {
    const object = created(events, {
      involvedObject: pod,
      type: 'Normal',
      reason: 'Started',
      message: ' ok \n',
      ...event,
    })
    t.match(row(events, object, noon), {
      Type: 'Normal',
      Reason: 'Started',
      Object: 'pod/web-1',
      Message: 'ok',
      ...expected,
    })
  })

const eventFaultRows = [
  { name: 'a good one', event: { involvedObject: pod }, expected: [] },
  {
    name: 'of another namespace',
    event: { involvedObject: { ...pod, namespace: 'other' } },
    expected: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  },
  { name: 'of no namespace', event: { involvedObject: { kind: 'Node', name: 'n1' } }, expected: [] },
  {
    name: 'the new way, told by nobody',
    event: {
      involvedObject: pod,
      eventTime: ago(1),
      reportingInstance: 'i',
      action: 'a',
      reason: 'r',
      reportingComponent: 'c',
    },
    expected: [],
  },
  {
    name: 'the new way, with too much to say',
    event: {
      involvedObject: pod,
      eventTime: ago(1),
      reportingInstance: 'i',
      action: 'a',
      reason: 'r',
      reportingComponent: 'c',
      message: 'x'.repeat(1025),
    },
    expected: ['message: Invalid value: "": can have at most 1024 characters'],
  },
]

for (const { name, event, expected } of eventFaultRows)
  t.test(`event: ${name}`, async (t) => {
    t.strictSame(faults(events, event), expected)
  })

const address = (ip: string) => ({ ip })
const endpointRows = [
  { name: 'none', subsets: undefined, expected: '<none>' },
  { name: 'one', subsets: [{ addresses: [address('10.0.0.1')], ports: [{ port: 80 }] }], expected: '10.0.0.1:80' },
  { name: 'without ports', subsets: [{ addresses: [address('10.0.0.1')] }], expected: '10.0.0.1' },
  {
    name: 'more than three',
    subsets: [
      {
        addresses: ['1', '2', '3', '4'].map((n) => address(`10.0.0.${n}`)),
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      },
    ],
    expected: '10.0.0.1:1,10.0.0.2:1,10.0.0.3:1 + 5 more...',
  },
  { name: 'IPv6', subsets: [{ addresses: [address('fd00::1')], ports: [{ port: 80 }] }], expected: '[fd00::1]:80' },
]

for (const { name, subsets, expected } of endpointRows)
  t.test(`endpoints: ${name}`, async (t) => {
    t.match(row(endpoints, created(endpoints, { subsets }), noon), { Endpoints: expected })
  })

t.test('endpoints that cannot be', async (t) => {
  t.strictSame(faults(endpoints, { subsets: [{}, { addresses: [address('127.0.0.1')], ports: [{ port: 0 }] }] }), [
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    'subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ])
})

t.test('a replication controller takes its labels from its template', async (t) => {
  const controller = created(replicationControllers, { spec: { template } })
  t.match(controller, {
    metadata: { labels: { app: 'web' } },
    spec: { replicas: 1, selector: { app: 'web' } },
  })
  t.match(row(replicationControllers, controller, noon), {
    Desired: 1,
    Current: 0,
    Ready: 0,
    Containers: 'web',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  })
  t.strictSame(faults(replicationControllers, { spec: { template } }), [])
  t.strictSame(faults(replicationControllers, { spec: { template, selector: { app: 'other' }, replicas: -1 } }), [
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ])
  t.strictSame(faults(replicationControllers, { spec: {} }), [
    'spec.selector: Required value',
    'spec.template: Required value',
  ])
})

t.test('a replication controller cannot have more ready pods than pods', async (t) => {
  t.strictSame(
    statusFaults(replicationControllers, {
      spec: { spec: { template } },
      from: {},
      to: { replicas: 1, readyReplicas: 2 },
    }),
    ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  )
})
