import t from 'tap'
import { staleFlows } from '../src/conntrack.ts'
import { answersNodePorts, withoutForeign } from '../src/foreign-addresses.ts'
import { ServiceMap } from '../src/service-map.ts'
import { serviceOf, sliceOf } from '../src/testing/objects.ts'

const nodeIPs = ['192.0.2.1']
const prod = { isolatedCIDRs: ['10.245.0.0/16', '10.101.0.1/32'], nodePortAddresses: undefined, nodeIPs }
const staging = { isolatedCIDRs: ['10.244.0.0/16', '10.96.0.0/16'], nodePortAddresses: ['10.101.0.1'], nodeIPs }
const alone = { isolatedCIDRs: [], nodePortAddresses: undefined, nodeIPs }

const rows = [
  { name: 'staging does not take over a Service address of prod', host: staging, external: '10.96.0.20', kept: false },
  { name: 'staging does not take over an address of the host', host: staging, external: '192.0.2.1', kept: false },
  { name: 'staging has external addresses of its own', host: staging, external: '203.0.113.9', kept: true },
  { name: 'prod has the addresses of the host', host: prod, external: '192.0.2.1', kept: true },
  { name: 'a cluster alone may use any', host: alone, external: '10.96.0.20', kept: true },
  { name: 'staging does not lead to pods of prod', host: staging, endpoint: '10.244.0.5', kept: false },
  { name: 'staging leads to its own pods', host: staging, endpoint: '10.245.0.5', kept: true },
]
for (const { name, host, external, endpoint, kept } of rows) {
  t.test(name, async (t) => {
    const map = new ServiceMap({ name: 'node-1' }, withoutForeign(host))
    map.setService(serviceOf({ name: 'web', clusterIP: '10.97.0.20', externalIPs: external ? [external] : [] }))
    map.setSlice(sliceOf('web', { port: 8080, endpoints: endpoint ? [endpoint] : [] }))
    const [entry] = map.state()
    t.equal(entry?.port.externalIPs.length === 1 || entry?.endpoints.length === 1, kept)
  })
}

const flows = [
  { name: 'staging leaves flows to node ports of prod alone', host: staging, to: '192.0.2.1', stale: false },
  { name: 'prod leaves flows to node ports of staging alone', host: prod, to: '10.101.0.1', stale: false },
  { name: 'staging ends its own stale flows', host: staging, to: '10.101.0.1', stale: true },
  { name: 'prod ends its own stale flows', host: prod, to: '192.0.2.1', stale: true },
]
for (const { name, host, to, stale } of flows) {
  t.test(name, async (t) => {
    const map = new ServiceMap({ name: 'node-1' })
    const port = { protocol: 'UDP', port: 53, nodePort: 30053 } as const
    map.setService(serviceOf({ name: 'dns', type: 'NodePort', clusterIP: '10.97.0.10', port }))
    map.setSlice(sliceOf('dns', { port: 5353, protocol: 'UDP', endpoints: ['10.245.0.5'] }))
    const flow = {
      protocol: 'udp',
      originalSource: '203.0.113.9',
      originalDestination: to,
      originalDestinationPort: 30053,
      replySource: '10.244.0.5',
      replySourcePort: 5353,
    }
    t.equal(staleFlows([flow], map.state(), answersNodePorts(host)).length === 1, stale)
  })
}
