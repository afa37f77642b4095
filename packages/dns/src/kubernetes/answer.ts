import { isIP, isIPv4, isIPv6 } from 'node:net'
import type { Service, ServicePort } from '@tandem/api/core/v1/types'
import type { DnsAnswer, DnsRecord, Question } from '../message.ts'
import { type ClusterRecords, dashed, endpointsIn, type NamedEndpoint } from './records.ts'
import { dnsVersion, found, nameError, noData, soa, type ZoneOptions } from './zone.ts'

/** An answer, or a name whose records are the answer's: the target of an ExternalName. Undefined: not a name of this zone. */
export type KubernetesAnswer = DnsAnswer | { alias: DnsRecord; target: string } | undefined

/** What the cluster says to a question, in the semantics of CoreDNS's kubernetes plugin. */
export function answerKubernetes(question: Question, records: ClusterRecords, zone: ZoneOptions): KubernetesAnswer {
  const labels = labelsBelow(question.name, zone.domain)
  if (!labels) return undefined
  if (question.type === 'AXFR' || question.type === 'IXFR')
    return { rcode: 'REFUSED', answers: [], authoritative: true }
  const ask: Asked = { question, records, zone }
  if (labels.length === 0) return answerApex(ask)
  const kind = labels.pop()
  if (kind === 'dns-version' && labels.length === 0)
    return question.type === 'TXT' ? found(zone, [record(ask, { type: 'TXT', data: [dnsVersion] })]) : noData(zone)
  if (kind === 'dns' && labels.join('.') === 'ns') return addressAnswer(ask, zone.nameServers)
  if (kind === 'dns' && labels.length === 0) return noData(zone)
  if (kind === 'svc') return answerService(ask, labels)
  if (kind === 'pod') return answerPod(ask, labels)
  return nameError(zone)
}

interface Asked {
  question: Question
  records: ClusterRecords
  zone: ZoneOptions
}

/** The labels in front of the domain, in lower case; undefined when the name is not below it. */
export function labelsBelow(name: string, domain: string): string[] | undefined {
  const lower = name.toLowerCase().replace(/\.$/, '')
  if (lower === domain) return []
  return lower.endsWith(`.${domain}`) ? lower.slice(0, -domain.length - 1).split('.') : undefined
}

const record = (
  { question, zone }: Asked,
  data: { type: 'A' | 'AAAA'; data: string } | { type: 'TXT'; data: string[] },
): DnsRecord => ({ name: question.name, ttl: zone.ttl, ...data }) as DnsRecord

function answerApex({ question, zone }: Asked): DnsAnswer {
  if (question.type === 'SOA') return found(zone, [soa(zone)])
  if (question.type !== 'NS') return noData(zone)
  const name = `ns.dns.${zone.domain}`
  const glue = zone.nameServers.map((address) => addressRecord(name, address, zone))
  return found(zone, [{ type: 'NS', name: question.name, ttl: zone.ttl, data: name }], glue)
}

const addressRecord = (name: string, address: string, { ttl }: ZoneOptions): DnsRecord =>
  ({ type: isIPv6(address) ? 'AAAA' : 'A', name, ttl, data: address }) as DnsRecord

/** Those of the addresses that are of the family asked for. */
function addressAnswer(ask: Asked, addresses: readonly string[]): DnsAnswer {
  const { question, zone } = ask
  const wanted = question.type === 'A' ? isIPv4 : question.type === 'AAAA' ? isIPv6 : () => false
  return found(
    zone,
    addresses.filter(wanted).map((address) => addressRecord(question.name, address, zone)),
  )
}

/** `10-1-2-3.namespace.pod`: the address is in the name; only the namespace is looked up. */
function answerPod(ask: Asked, labels: string[]): DnsAnswer {
  const { records, zone } = ask
  const [namespace, label, ...more] = labels.toReversed()
  if (namespace === undefined) return noData(zone)
  if (!records.hasNamespace(namespace) || more.length > 0) return nameError(zone)
  if (label === undefined) return noData(zone)
  const address = [label.replaceAll('-', '.'), label.replaceAll('-', ':')].find((text) => isIP(text) !== 0)
  return address === undefined ? nameError(zone) : addressAnswer(ask, [address])
}

/** `[_port._protocol | endpoint].service.namespace.svc` */
function answerService(ask: Asked, labels: string[]): DnsAnswer | { alias: DnsRecord; target: string } {
  const { question, records, zone } = ask
  const [namespace, name, ...rest] = labels.toReversed()
  if (namespace === undefined) return noData(zone)
  if (!records.hasNamespace(namespace)) return nameError(zone)
  if (name === undefined) return noData(zone)
  const service = records.service({ namespace, name })
  if (!service || rest.length > 2) return nameError(zone)
  if (service.spec.type === 'ExternalName')
    return rest.length === 0 ? answerExternalName(ask, service) : nameError(zone)

  const selection = selectionOf(rest)
  const isHeadless = service.spec.clusterIP === 'None'
  if (!isHeadless && selection.endpoint === undefined) return answerClusterIP(ask, service, selection)
  const endpoints = endpointsIn(records.slicesOf({ namespace, name }))
    .filter((endpoint) => selection.endpoint === undefined || endpoint.name.toLowerCase() === selection.endpoint)
    .map((endpoint) => ({ ...endpoint, ports: endpoint.ports.filter((port) => matches(port, selection)) }))
    .filter(({ ports }) => ports.length > 0 || selection.port === undefined)
  // As upstream: a headless Service without endpoints has no name.
  if (endpoints.length === 0) return nameError(zone)
  if (question.type === 'SRV')
    return endpointServices(ask, { base: `${name}.${namespace}.svc.${zone.domain}`, endpoints })
  return addressAnswer(
    ask,
    endpoints.map(({ address }) => address),
  )
}

interface PortSelection {
  endpoint?: string
  port?: string
  protocol?: string
}

/** Names may be written with or without their underscores. */
function selectionOf([first, second]: string[]): PortSelection {
  if (first === undefined) return {}
  if (second === undefined) return { endpoint: first }
  const bare = (label: string) => label.replace(/^_/, '')
  return { port: bare(second), protocol: bare(first) }
}

const matches = (port: { name: string; protocol: string }, { port: name, protocol }: PortSelection): boolean =>
  name === undefined || (port.name.toLowerCase() === name && port.protocol === protocol)

function answerClusterIP(ask: Asked, { metadata, spec }: Service, selection: PortSelection): DnsAnswer {
  const { question, zone } = ask
  const named = ({ name = '', protocol = 'TCP', port }: ServicePort) => ({
    name,
    protocol: protocol.toLowerCase(),
    port,
  })
  const ports = (spec.ports ?? []).map(named).filter((port) => matches(port, selection))
  if (ports.length === 0) return nameError(zone)
  const addresses = (spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? '']).filter(
    (address) => isIP(address) !== 0,
  )
  if (question.type !== 'SRV') return addressAnswer(ask, addresses)
  const target = `${metadata.name}.${metadata.namespace}.svc.${zone.domain}`
  return found(
    zone,
    ports.map(({ port }) => srvRecord(ask, { target, port, share: ports.length })),
    addresses.map((address) => addressRecord(target, address, zone)),
  )
}

function endpointServices(
  ask: Asked,
  { base, endpoints }: { base: string; endpoints: readonly NamedEndpoint[] },
): DnsAnswer {
  const targets = endpoints.flatMap(({ name, ports }) => ports.map(({ port }) => ({ target: `${name}.${base}`, port })))
  return found(
    ask.zone,
    targets.map(({ target, port }) => srvRecord(ask, { target, port, share: targets.length })),
    endpoints.map(({ name, address }) => addressRecord(`${name}.${base}`, address, ask.zone)),
  )
}

/** All are alike: a hundred, shared out among them. */
const srvRecord = (
  { question, zone }: Asked,
  { target, port, share }: { target: string; port: number; share: number },
): DnsRecord => ({
  type: 'SRV',
  name: question.name,
  ttl: zone.ttl,
  data: { priority: 0, weight: Math.max(1, Math.floor(100 / share)), port, target },
})

function answerExternalName(
  { question, zone }: Asked,
  { spec }: Service,
): DnsAnswer | { alias: DnsRecord; target: string } {
  const target = spec.externalName ?? ''
  const alias: DnsRecord = { type: 'CNAME', name: question.name, ttl: zone.ttl, data: target }
  if (question.type === 'CNAME') return found(zone, [alias])
  return question.type === 'A' || question.type === 'AAAA' ? { alias, target } : noData(zone)
}

/** What an address is called: its Service, or the endpoint of one. Undefined when the cluster knows nothing of it. */
export function answerReverse(question: Question, records: ClusterRecords, zone: ZoneOptions): DnsAnswer | undefined {
  const address = addressOf(question.name)
  if (address === undefined) return undefined
  const names = [
    ...records.servicesAt(address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${zone.domain}`),
    ...records.slicesWith(address).flatMap(({ metadata, endpoints = [] }) => {
      const service = metadata.labels?.['kubernetes.io/service-name']
      return endpoints
        .filter(({ addresses, conditions }) => addresses.includes(address) && conditions?.ready !== false)
        .map(({ hostname }) => `${hostname || dashed(address)}.${service}.${metadata.namespace}.svc.${zone.domain}`)
    }),
  ]
  if (names.length === 0) return undefined
  if (question.type !== 'PTR') return noData(zone)
  return found(
    zone,
    [...new Set(names)].map((data) => ({ type: 'PTR', name: question.name, ttl: zone.ttl, data })),
  )
}

/** `3.2.1.10.in-addr.arpa` is 10.1.2.3; likewise nibbles below `ip6.arpa`. */
export function addressOf(name: string): string | undefined {
  const v4 = labelsBelow(name, 'in-addr.arpa')
  if (v4?.length === 4) {
    const address = v4.toReversed().join('.')
    return isIPv4(address) ? address : undefined
  }
  const v6 = labelsBelow(name, 'ip6.arpa')
  if (v6?.length !== 32 || !v6.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined
  const groups = v6.toReversed().join('').match(/.{4}/g) ?? []
  // As addresses are written: the longest run of zeros is left out.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
