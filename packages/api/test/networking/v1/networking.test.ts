import t from 'tap'
import { ingresses } from '../../../src/networking/v1/ingress.ts'
import { ingressClasses } from '../../../src/networking/v1/ingressclass.ts'
import { ipAddresses } from '../../../src/networking/v1/ipaddress.ts'
import { networkPolicies } from '../../../src/networking/v1/networkpolicy.ts'
import { serviceCIDRs } from '../../../src/networking/v1/servicecidr.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const backend = { service: { name: 'web', port: { number: 80 } } }
const rule = { host: 'web.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }
const withPath = (path: object) => ({ rules: [{ http: { paths: [path] } }] })
const at = 'spec.rules[0].http.paths[0]'

const ingressRows = [
  { name: 'good', spec: { rules: [rule] }, expected: [] },
  {
    name: 'nothing to serve',
    spec: {},
    expected: ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  },
  {
    name: 'a path without a type',
    spec: withPath({ path: '/', backend }),
    expected: [`${at}.pathType: Required value: pathType must be specified`],
  },
  {
    name: 'a path that climbs',
    spec: withPath({ path: '/a/../b', pathType: 'Exact', backend }),
    expected: [`${at}.path: Invalid value: "/a/../b": must not contain '/../'`],
  },
  {
    name: 'a backend without a port',
    spec: { defaultBackend: { service: { name: 'web' } } },
    expected: ['spec.defaultBackend: Required value: port name or number is required'],
  },
  {
    name: 'an address for a host',
    spec: { rules: [{ ...rule, host: '10.0.0.1' }] },
    expected: ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  },
]
for (const { name, spec, expected } of ingressRows)
  t.test(`an ingress: ${name}`, async (t) => t.strictSame(faults(ingresses, { spec }), expected))

t.test('the row of an ingress', async (t) => {
  const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...rule, host: `${name}.example` }))
  const object = created(ingresses, { spec: { rules: hosts, tls: [{}], ingressClassName: 'nginx' } })
  object.status = { loadBalancer: { ingress: [{ ip: '10.98.0.2' }, { hostname: 'lb.example' }] } }
  t.strictSame(row(ingresses, object, noon), {
    Name: 'web',
    Class: 'nginx',
    Hosts: 'a.example,b.example,c.example + 2 more...',
    Address: '10.98.0.2,lb.example',
    Ports: '80, 443',
    Age: '10m',
  })
})

t.test('an ingress class', async (t) => {
  t.strictSame(faults(ingressClasses, { spec: { controller: 'example.com/lb' } }), [])
  t.strictSame(faults(ingressClasses, { spec: { controller: 'lb' } }), [
    'spec.controller: Invalid value: "lb": must be a domain-prefixed path (such as "acme.io/foo")',
  ])
  const parameters = { kind: 'Config', name: 'x', scope: 'Namespace' }
  t.strictSame(faults(ingressClasses, { spec: { controller: 'example.com/lb', parameters } }), [
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ])
})

t.test('defaults of a network policy', async (t) => {
  t.strictSame(created(networkPolicies, { spec: { egress: [{ ports: [{ port: 53 }] }] } }).spec, {
    podSelector: {},
    egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
    policyTypes: ['Ingress', 'Egress'],
  })
})

const policyRows = [
  { name: 'no peer', peer: {}, expected: ['spec.ingress[0].from[0]: Required value: must specify a peer'] },
  {
    name: 'a block and pods',
    peer: { podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } },
    expected: ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  },
  {
    name: 'an exception outside the block',
    peer: { ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16', '10.1.0.0/16'] } },
    expected: [
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
  },
]
for (const { name, peer, expected } of policyRows)
  t.test(`a network policy: ${name}`, async (t) =>
    t.strictSame(faults(networkPolicies, { spec: { ingress: [{ from: [peer] }] } }), expected),
  )

t.test('a range of ports ends after it begins', async (t) => {
  const ports = [{ port: 90, endPort: 80 }]
  t.strictSame(faults(networkPolicies, { spec: { ingress: [{ ports }] } }), [
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`',
  ])
})

t.test('an address is named as it is, and is of something', async (t) => {
  t.strictSame(ipAddresses.validateName?.('10.0.0.1', false), [])
  t.strictSame(ipAddresses.validateName?.('10.0.0.01', false), ['must not have leading 0s'])
  t.strictSame(faults(ipAddresses, { spec: {} }), ['spec.parentRef: Required value'])
})

t.test('service ranges grow by a family, and else stay', async (t) => {
  const from = { spec: { cidrs: ['10.96.0.0/16'] } }
  t.strictSame(faults(serviceCIDRs, from), [])
  t.strictSame(updateFaults(serviceCIDRs, { from, to: { spec: { cidrs: ['10.96.0.0/16', 'fd00::/112'] } } }), [])
  t.strictSame(updateFaults(serviceCIDRs, { from, to: { spec: { cidrs: ['10.97.0.0/16'] } } }), [
    'spec.cidrs[0]: Invalid value: "10.97.0.0/16": field is immutable',
  ])
})
