import type { DnsAnswer, DnsRecord } from '../message.ts'

export interface ZoneOptions {
  /** `cluster.local`. */
  domain: string
  /** Seconds for which answers hold. */
  ttl: number
  /** Addresses of the DNS Service itself. */
  nameServers: readonly string[]
  /** Changes whenever anything does. */
  serial: () => number
}

/** The version of the DNS specification that we follow. */
export const dnsVersion = '1.1.0'

export const soa = ({ domain, ttl, serial }: ZoneOptions): DnsRecord => ({
  type: 'SOA',
  name: domain,
  ttl,
  data: {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: serial(),
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttl,
  },
})

/** The name exists, but has no record of this type. */
export const noData = (zone: ZoneOptions): DnsAnswer => ({
  rcode: 'NOERROR',
  answers: [],
  authorities: [soa(zone)],
  authoritative: true,
})

export const nameError = (zone: ZoneOptions): DnsAnswer => ({
  rcode: 'NXDOMAIN',
  answers: [],
  authorities: [soa(zone)],
  authoritative: true,
})

export const found = (
  zone: ZoneOptions,
  answers: readonly DnsRecord[],
  additionals: readonly DnsRecord[] = [],
): DnsAnswer => (answers.length === 0 ? noData(zone) : { rcode: 'NOERROR', answers, additionals, authoritative: true })
