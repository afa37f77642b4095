import t from 'tap'
import { endpointSlices } from '../../../src/discovery/v1/endpointslice.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const endpoints = [{ addresses: ['10.244.0.7'] }]
const good = { addressType: 'IPv4', endpoints, ports: [{ port: 80 }] }

t.test('ports have a name and a protocol', async (t) => {
  t.strictSame(created(endpointSlices, good).ports, [{ port: 80, name: '', protocol: 'TCP' }])
})

const rows = [
  { name: 'good', draft: good, expected: [] },
  {
    name: 'no type of address',
    draft: { endpoints },
    expected: ['addressType: Required value'],
  },
  {
    name: 'an IPv6 address among IPv4',
    draft: { ...good, endpoints: [{ addresses: ['fd00::1'] }] },
    expected: ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
  },
  {
    name: 'loopback',
    draft: { ...good, endpoints: [{ addresses: ['127.0.0.1'] }] },
    expected: [
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  },
  {
    name: 'no address',
    draft: { ...good, endpoints: [{ addresses: [] }] },
    expected: ['endpoints[0].addresses: Required value: must contain at least 1 address'],
  },
  {
    name: 'two ports of one name',
    draft: { ...good, ports: [{ port: 80 }, { port: 81 }] },
    expected: ['ports[1].name: Duplicate value: ""'],
  },
  {
    name: 'a host of one label',
    draft: { addressType: 'FQDN', endpoints: [{ addresses: ['localhost'] }] },
    expected: [
      'endpoints[0].addresses[0]: Invalid value: "localhost": should be a domain with at least two segments separated by dots',
    ],
  },
]
for (const { name, draft, expected } of rows)
  t.test(name, async (t) => t.strictSame(faults(endpointSlices, draft), expected))

t.test('the type of address stays', async (t) => {
  t.strictSame(updateFaults(endpointSlices, { from: good, to: { ...good, addressType: 'FQDN' } }), [
    'addressType: Invalid value: "FQDN": field is immutable',
  ])
})

t.test('labels choose the service: a change of them counts', async (t) => {
  const old = created(endpointSlices, { ...good, metadata: { generation: 1 } })
  const changed = structuredClone(old)
  changed.metadata.labels = { 'kubernetes.io/service-name': 'web' }
  endpointSlices.prepareForUpdate?.(changed, old)
  t.equal(changed.metadata.generation, 2)
})

t.test('the table', async (t) => {
  const many = {
    ...good,
    endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'] }, { addresses: ['10.0.0.3', '10.0.0.4'] }],
  }
  t.strictSame(row(endpointSlices, created(endpointSlices, many), noon), {
    Name: 'web',
    AddressType: 'IPv4',
    Ports: '80',
    Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
    Age: '10m',
  })
  t.match(row(endpointSlices, created(endpointSlices, { addressType: 'IPv4' }), noon), {
    Ports: '<unset>',
    Endpoints: '<unset>',
  })
})
