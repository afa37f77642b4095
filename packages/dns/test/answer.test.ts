import type { Service } from '@tandem/api/core/v1/types'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { keyOf } from '@tandem/apimachinery'
import t from 'tap'
import { addressOf, answerKubernetes, answerReverse } from '../src/kubernetes/answer.ts'
import { type ClusterRecords, serviceKeyOf } from '../src/kubernetes/records.ts'
import type { ZoneOptions } from '../src/kubernetes/zone.ts'
import type { DnsRecord } from '../src/message.ts'

const meta = (name: string, labels?: Record<string, string>) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
  ...(labels && { labels }),
})
const service = (name: string, spec: Service['spec']): Service => ({ metadata: meta(name), spec })
const slice = (name: string, rest: Partial<EndpointSlice>): EndpointSlice =>
  ({
    metadata: meta(`${name}-1`, { 'kubernetes.io/service-name': name }),
    addressType: 'IPv4',
    ...rest,
  }) as EndpointSlice

const services = [
  service('web', {
    clusterIP: '10.96.0.20',
    ports: [
      { name: 'http', protocol: 'TCP', port: 80 },
      { name: 'admin', protocol: 'TCP', port: 81 },
    ],
  }),
  service('dual', { clusterIP: '10.96.0.21', clusterIPs: ['10.96.0.21', 'fd00::21'], ports: [{ port: 80 }] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
  service('empty', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('outside', { type: 'ExternalName', externalName: 'example.com' }),
]
const slices = [
  slice('web', { endpoints: [{ addresses: ['10.244.0.5'] }], ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] }),
  slice('db', {
    endpoints: [
      { addresses: ['10.244.0.7'], hostname: 'db-0' },
      { addresses: ['10.244.0.8'] },
      { addresses: ['10.244.0.9'], conditions: { ready: false } },
    ],
    ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
  }),
]
const records: ClusterRecords = {
  hasNamespace: (name) => name === 'default',
  service: ({ namespace, name }) =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slicesOf: (key) => slices.filter((each) => keyOf(serviceKeyOf(each) ?? { name: '' }) === keyOf(key)),
  servicesAt: (address) => services.filter(({ spec }) => spec.clusterIP === address),
  slicesWith: (address) =>
    slices.filter(({ endpoints = [] }) => endpoints.some(({ addresses }) => addresses.includes(address))),
}
const zone: ZoneOptions = { domain: 'cluster.local', ttl: 30, nameServers: ['10.96.0.10'], serial: () => 7 }

/** An answer in one line: records as `TYPE data`, `NODATA`, `NXDOMAIN`, or `-` when it is not ours. */
function ask(name: string, type: string): string {
  const question = { name, type: type as 'A' }
  const answer = type === 'PTR' ? answerReverse(question, records, zone) : answerKubernetes(question, records, zone)
  if (!answer) return '-'
  if ('alias' in answer) return `alias of ${answer.target}`
  const text = (record: DnsRecord) => {
    const data = 'data' in record ? record.data : undefined
    if (record.type === 'SRV')
      return `SRV ${record.data.priority} ${record.data.weight} ${record.data.port} ${record.data.target}`
    return `${record.type} ${String(Array.isArray(data) ? data.join() : typeof data === 'object' ? '' : data)}`.trim()
  }
  if (answer.rcode !== 'NOERROR') return answer.rcode
  if (answer.answers.length === 0) return answer.authorities?.[0]?.type === 'SOA' ? 'NODATA' : 'NODATA without SOA'
  const more = (answer.additionals ?? []).map(text)
  return [...answer.answers.map(text), ...(more.length > 0 ? ['+', ...more] : [])].join(' | ')
}

const rows: [name: string, type: string, answer: string][] = [
  ['web.default.svc.cluster.local', 'A', 'A 10.96.0.20'],
  ['WEB.Default.svc.cluster.LOCAL', 'A', 'A 10.96.0.20'],
  ['web.default.svc.cluster.local', 'AAAA', 'NODATA'],
  ['dual.default.svc.cluster.local', 'AAAA', 'AAAA fd00::21'],
  ['web.default.svc.cluster.local', 'MX', 'NODATA'],
  ['nothing.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['web.other.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'SRV 0 100 80 web.default.svc.cluster.local | + | A 10.96.0.20'],
  [
    'web.default.svc.cluster.local',
    'SRV',
    'SRV 0 50 80 web.default.svc.cluster.local | SRV 0 50 81 web.default.svc.cluster.local | + | A 10.96.0.20',
  ],
  ['_http._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  ['_none._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  ['10-244-0-5.web.default.svc.cluster.local', 'A', 'A 10.244.0.5'],
  ['db.default.svc.cluster.local', 'A', 'A 10.244.0.7 | A 10.244.0.8'],
  ['db-0.db.default.svc.cluster.local', 'A', 'A 10.244.0.7'],
  ['10-244-0-8.db.default.svc.cluster.local', 'A', 'A 10.244.0.8'],
  ['10-244-0-9.db.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  [
    '_sql._tcp.db.default.svc.cluster.local',
    'SRV',
    'SRV 0 50 5432 db-0.db.default.svc.cluster.local | SRV 0 50 5432 10-244-0-8.db.default.svc.cluster.local | + | A 10.244.0.7 | A 10.244.0.8',
  ],
  ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['outside.default.svc.cluster.local', 'A', 'alias of example.com'],
  ['outside.default.svc.cluster.local', 'CNAME', 'CNAME example.com'],
  ['10-244-0-5.default.pod.cluster.local', 'A', 'A 10.244.0.5'],
  ['10-244-0-5.default.pod.cluster.local', 'AAAA', 'NODATA'],
  ['not-an-address.default.pod.cluster.local', 'A', 'NXDOMAIN'],
  ['10-244-0-5.other.pod.cluster.local', 'A', 'NXDOMAIN'],
  ['dns-version.cluster.local', 'TXT', 'TXT 1.1.0'],
  ['ns.dns.cluster.local', 'A', 'A 10.96.0.10'],
  ['cluster.local', 'NS', 'NS ns.dns.cluster.local | + | A 10.96.0.10'],
  ['cluster.local', 'SOA', 'SOA'],
  ['cluster.local', 'A', 'NODATA'],
  ['default.svc.cluster.local', 'A', 'NODATA'],
  ['svc.cluster.local', 'A', 'NODATA'],
  ['other.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['example.com.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['example.com.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['example.com.cluster.local', 'A', 'NXDOMAIN'],
  ['a.b.c.web.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['example.com', 'A', '-'],
  ['cluster.local.example.com', 'A', '-'],
  ['web.default.svc.cluster.local', 'AXFR', 'REFUSED'],
  ['20.0.96.10.in-addr.arpa', 'PTR', 'PTR web.default.svc.cluster.local'],
  ['7.0.244.10.in-addr.arpa', 'PTR', 'PTR db-0.db.default.svc.cluster.local'],
  ['8.0.244.10.in-addr.arpa', 'PTR', 'PTR 10-244-0-8.db.default.svc.cluster.local'],
  ['1.1.1.1.in-addr.arpa', 'PTR', '-'],
]

for (const [name, type, answer] of rows) t.test(`${type} ${name}`, async (t) => t.equal(ask(name, type), answer))

t.test('addresses are read back from reverse names', async (t) => {
  t.equal(addressOf('1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa'), 'fd00::1')
  t.equal(addressOf('999.0.0.10.in-addr.arpa'), undefined)
  t.equal(addressOf('0.10.in-addr.arpa'), undefined)
})
