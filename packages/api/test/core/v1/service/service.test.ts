import t from 'tap'
import { services } from '../../../../src/core/v1/service.ts'
import type { Service } from '../../../../src/core/v1/types.ts'
import { created, faults, noon, row, statusFaults, updateFaults } from '../../../rules.ts'

const http = { port: 80 }
/** As allocated by the server between preparation and validation. */
const address = { clusterIP: '10.96.0.7' }
const spec = { ports: [http], selector: { app: 'web' } }

t.test('defaults', async (t) => {
  const service = created(services, { spec })
  t.strictSame(service.spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    selector: { app: 'web' },
    sessionAffinity: 'None',
    type: 'ClusterIP',
    internalTrafficPolicy: 'Cluster',
    ipFamilyPolicy: 'SingleStack',
    ipFamilies: ['IPv4'],
  })
  t.strictSame(service.status, { loadBalancer: {} })
})

const defaultRows = [
  { name: 'a node port', spec: { type: 'NodePort' }, expected: { externalTrafficPolicy: 'Cluster' } },
  {
    name: 'a load balancer',
    spec: { type: 'LoadBalancer' },
    expected: { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true },
  },
  { name: 'external addresses', spec: { externalIPs: ['192.0.2.1'] }, expected: { externalTrafficPolicy: 'Cluster' } },
  {
    name: 'affinity',
    spec: { sessionAffinity: 'ClientIP' },
    expected: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
  },
  { name: 'an address of choice', spec: address, expected: { clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'] } },
  { name: 'headless', spec: { clusterIP: 'None' }, expected: { clusterIPs: ['None'], ipFamilies: ['IPv4'] } },
  {
    name: 'headless, with endpoints of somebody’s own',
    spec: { clusterIP: 'None', selector: undefined },
    expected: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
  },
  {
    name: 'an external name',
    spec: { type: 'ExternalName', externalName: 'example.com' },
    expected: { internalTrafficPolicy: undefined, ipFamilies: undefined },
  },
]

for (const { name, spec: more, expected } of defaultRows)
  t.test(`defaults: ${name}`, async (t) => {
    t.match(created(services, { spec: { ...spec, ...more } }).spec, expected)
  })

const rows = [
  { name: 'a good one', spec: {}, expected: [] },
  { name: 'no ports', spec: { ports: [] }, expected: ['spec.ports: Required value'] },
  { name: 'no ports, headless', spec: { ports: [], clusterIP: 'None' }, expected: [] },
  {
    name: 'two ports without names',
    spec: { ports: [{ port: 80 }, { port: 81 }] },
    expected: ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
  },
  {
    name: 'one port twice',
    spec: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    expected: ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80,"targetPort":0}'],
  },
  {
    name: 'one name twice',
    spec: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    expected: ['spec.ports[1].name: Duplicate value: "a"'],
  },
  {
    name: 'a port that is none',
    spec: { ports: [{ port: 70000, targetPort: 80 }] },
    expected: ['spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  },
  {
    name: 'a node port where there are none',
    spec: { ports: [{ port: 80, nodePort: 30000 }] },
    expected: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  },
  {
    name: 'an unknown type',
    spec: { type: 'Magic' },
    expected: [
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  },
  {
    name: 'a headless node port',
    spec: { type: 'NodePort', clusterIP: 'None' },
    expected: ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
  },
  {
    name: 'an address that is none',
    spec: { clusterIP: '10.96.0.07' },
    expected: ['spec.clusterIPs[0]: Invalid value: "10.96.0.07": must not have leading 0s'],
  },
  {
    name: 'another family',
    spec: { ipFamilies: ['IPv6'], clusterIP: undefined },
    expected: ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  },
  {
    name: 'two families',
    spec: { ipFamilyPolicy: 'RequireDualStack' },
    expected: [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  },
  { name: 'two families if there are', spec: { ipFamilyPolicy: 'PreferDualStack' }, expected: [] },
  {
    name: 'a name of nothing',
    spec: { type: 'ExternalName', clusterIP: undefined },
    expected: ['spec.externalName: Required value'],
  },
  {
    name: 'an external name with an address',
    spec: { type: 'ExternalName', externalName: 'example.com' },
    expected: ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
  },
  {
    name: 'affinity for more than a day',
    spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
    expected: [
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
  },
  {
    name: 'a loop to oneself',
    spec: { externalIPs: ['127.0.0.1'] },
    expected: [
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  },
  {
    name: 'a policy for traffic that cannot come',
    spec: { externalTrafficPolicy: 'Local' },
    expected: [
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
  },
  {
    name: 'a local load balancer without a health check',
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    expected: ['spec.healthCheckNodePort: Required value'],
  },
  {
    name: 'a class without a load balancer',
    spec: { loadBalancerClass: 'example.com/lb' },
    expected: ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  },
  {
    name: 'a source range with bits set',
    spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.1/8'] },
    expected: [
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
  },
  {
    name: 'an unknown distribution',
    spec: { trafficDistribution: 'Random' },
    expected: [
      'spec.trafficDistribution: Unsupported value: "Random": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  },
]

for (const { name, spec: more, expected } of rows)
  t.test(name, async (t) => {
    t.strictSame(faults(services, { spec: { ...spec, ...address, ...more } }), expected)
  })

const allocated = { ...spec, ...address }
const updateRows = [
  { name: 'nothing', from: allocated, to: allocated, expected: [] },
  { name: 'an old client leaves the address out', from: allocated, to: spec, expected: [] },
  {
    name: 'another address',
    from: allocated,
    to: { ...spec, clusterIP: '10.96.0.8' },
    expected: ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set'],
  },
  {
    name: 'another class',
    from: { ...allocated, type: 'LoadBalancer', loadBalancerClass: 'a/b' },
    to: { ...allocated, type: 'LoadBalancer', loadBalancerClass: 'a/c' },
    expected: ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
  },
  {
    name: 'to a name, with the address as it was',
    from: allocated,
    to: { ...allocated, clusterIPs: ['10.96.0.7'], type: 'ExternalName', externalName: 'example.com' },
    expected: [],
  },
  {
    name: 'from node ports to none',
    from: { ...allocated, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
    to: { ...allocated, type: 'ClusterIP', ports: [{ port: 80, nodePort: 30080 }], externalTrafficPolicy: 'Cluster' },
    expected: [],
  },
]

for (const { name, from, to, expected } of updateRows)
  t.test(`update: ${name}`, async (t) => {
    t.strictSame(updateFaults(services, { from: { spec: from }, to: { spec: to } }), expected)
  })

function updated(from: object, to: object): Service {
  const old = created(services, { spec: from })
  const next = structuredClone({ ...old, spec: to }) as Service
  services.defaults?.(next)
  services.prepareForUpdate?.(next, old)
  return next
}

t.test('node ports stay with the names of their ports', async (t) => {
  const from = {
    ...allocated,
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: 30080 },
      { name: 'b', port: 81, nodePort: 30081 },
    ],
  }
  const { spec: next } = updated(from, {
    ...allocated,
    type: 'NodePort',
    ports: [
      { name: 'b', port: 90 },
      { name: 'c', port: 91 },
    ],
  })
  t.strictSame(
    next.ports?.map(({ nodePort }) => nodePort),
    [30081, undefined],
  )
})

t.test('what the new type has no use for goes', async (t) => {
  const from = { ...allocated, type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] }
  const { spec: next, status } = updated(from, {
    ...allocated,
    ports: [{ port: 80, nodePort: 30080 }],
    allocateLoadBalancerNodePorts: true,
    externalTrafficPolicy: 'Cluster',
  })
  t.match(next, {
    allocateLoadBalancerNodePorts: undefined,
    externalTrafficPolicy: undefined,
    ports: [{ nodePort: undefined }],
  })
  t.strictSame(status, { loadBalancer: {} })
})

t.test('status', async (t) => {
  const lb = { spec: { ...allocated, type: 'LoadBalancer' } }
  const ingress = (...list: object[]) => ({ loadBalancer: { ingress: list } })
  t.strictSame(statusFaults(services, { spec: lb, from: {}, to: ingress({ ip: '10.98.0.1', ipMode: 'VIP' }) }), [])
  t.strictSame(statusFaults(services, { spec: lb, from: {}, to: ingress({ ip: '10.98.0.1' }) }), [
    'status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set',
  ])
  t.strictSame(statusFaults(services, { spec: { spec: allocated }, from: {}, to: ingress({ ip: '10.98.0.1' }) }), [
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ])
})

const columnRows = [
  {
    name: 'an address within the cluster',
    spec: { ...allocated, ports: [{ port: 80 }, { name: 'dns', port: 53, protocol: 'UDP' }] },
    expected: {
      Type: 'ClusterIP',
      'Cluster-IP': '10.96.0.7',
      'External-IP': '<none>',
      'Port(s)': '80/TCP,53/UDP',
      Selector: 'app=web',
    },
  },
  {
    name: 'node ports',
    spec: { ...allocated, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
    expected: { 'Port(s)': '80:30080/TCP' },
  },
  {
    name: 'a load balancer to come',
    spec: { ...allocated, type: 'LoadBalancer' },
    expected: { 'External-IP': '<pending>' },
  },
  {
    name: 'a load balancer',
    spec: { ...allocated, type: 'LoadBalancer' },
    ingress: [{ ip: '10.98.0.2' }, { ip: '10.98.0.1' }],
    expected: { 'External-IP': '10.98.0.1,10.98.0.2' },
  },
  {
    name: 'an external name',
    spec: { type: 'ExternalName', externalName: 'example.com' },
    expected: { 'Cluster-IP': '<none>', 'External-IP': 'example.com', 'Port(s)': '<none>', Selector: '<none>' },
  },
]

for (const { name, spec, ingress, expected } of columnRows)
  t.test(`columns: ${name}`, async (t) => {
    const service = created(services, { spec })
    if (ingress) service.status = { loadBalancer: { ingress } }
    t.match(row(services, service, noon), expected)
  })

t.test('warnings', async (t) => {
  const headless = created(services, { spec: { ...spec, clusterIP: 'None', sessionAffinity: 'ClientIP' } })
  t.strictSame(services.warnings?.(headless), ['spec.SessionAffinity is ignored for headless services'])
  const external = created(services, { spec: { ...allocated, externalIPs: ['192.0.2.1'] } })
  t.strictSame(services.warnings?.(external), [
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
  ])
})
