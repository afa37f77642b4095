import t from 'tap'
import { staleFlows } from '../src/conntrack.ts'
import { ServiceMap } from '../src/service-map.ts'
import { type ServiceFixture, serviceOf, sliceOf } from '../src/testing/objects.ts'

const stateOf = (fixture: Partial<ServiceFixture>, endpoints: Parameters<typeof sliceOf>[1]['endpoints']) => {
  const map = new ServiceMap({ name: 'node-1' })
  map.setService(
    serviceOf({
      name: 'dns',
      clusterIP: '10.96.0.10',
      ...fixture,
      port: { protocol: 'UDP', port: 53, nodePort: 30053, ...fixture.port },
    }),
  )
  map.setSlice(sliceOf('dns', { port: 5353, protocol: fixture.port?.protocol === 'TCP' ? 'TCP' : 'UDP', endpoints }))
  return map.state()
}
const flow = (destination: string, port: number, source: string, protocol = 'udp') => ({
  protocol,
  originalSource: '10.244.0.9',
  originalDestination: destination,
  originalDestinationPort: port,
  replySource: source,
  replySourcePort: source === '10.96.0.10' ? 53 : 5353,
})

const rows = [
  { name: 'to an endpoint that serves', flow: flow('10.96.0.10', 53, '10.244.0.1'), stale: false },
  { name: 'to an endpoint that is gone', flow: flow('10.96.0.10', 53, '10.244.0.2'), stale: true },
  { name: 'tracked before there was an endpoint', flow: flow('10.96.0.10', 53, '10.96.0.10'), stale: true },
  { name: 'by node port to an endpoint that is gone', flow: flow('192.0.2.1', 30053, '10.244.0.2'), stale: true },
  { name: 'to another port', flow: flow('10.96.0.10', 54, '10.244.0.2'), stale: false },
  { name: 'to an address that is no Service', flow: flow('8.8.8.8', 53, '8.8.8.8'), stale: false },
  { name: 'of another protocol', flow: flow('10.96.0.10', 53, '10.244.0.2', 'sctp'), stale: false },
]
for (const { name, flow, stale } of rows) {
  t.test(`a flow ${name}`, async (t) => t.equal(staleFlows([flow], stateOf({}, ['10.244.0.1'])).length === 1, stale))
}

t.test('an endpoint that ends but serves keeps its flows', async (t) => {
  const ending = { addresses: ['10.244.0.2'], conditions: { ready: false, serving: true, terminating: true } }
  t.same(staleFlows([flow('10.96.0.10', 53, '10.244.0.2')], stateOf({}, ['10.244.0.1', ending])), [])
})

t.test('a Service without endpoints keeps its flows', async (t) => {
  t.same(staleFlows([flow('10.96.0.10', 53, '10.244.0.2')], stateOf({}, [])), [])
})
