import type { Pod } from '@tandem/api/core/v1/types'

export interface DnsConfig {
  servers: string[]
  searches: string[]
  options: string[]
}

export interface ClusterDns {
  servers: readonly string[]
  /** `cluster.local`. */
  domain: string
}

const maxServers = 3
const maxSearches = 32
const maxSearchLength = 2048

/** Reads a resolv.conf; what is not understood is left out. */
export function parseResolvConf(text: string): DnsConfig {
  const config: DnsConfig = { servers: [], searches: [], options: [] }
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver') config.servers.push(...values.slice(0, 1))
    // The last one counts.
    else if (keyword === 'search')
      config.searches = values.map((value) => (value === '.' ? value : value.replace(/\.$/, '')))
    else if (keyword === 'options') config.options = values
  }
  return config
}

/** The resolver configuration of a pod by its dnsPolicy and dnsConfig. */
export function podDns(pod: Pod, { cluster, host }: { cluster: ClusterDns; host: DnsConfig }): DnsConfig {
  const base = byPolicy(pod, { cluster, host })
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {}
  const named = (option: string): string => option.split(':')[0] ?? option
  const added = options.map(({ name, value }) => (value ? `${name}:${value}` : (name ?? '')))
  const overridden = new Set(added.map(named))
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, maxServers),
    searches: limitSearches(unique([...base.searches, ...searches])),
    options: [...base.options.filter((option) => !overridden.has(named(option))), ...added],
  }
}

function byPolicy(pod: Pod, { cluster, host }: { cluster: ClusterDns; host: DnsConfig }): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = pod.spec
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] }
  const wantsCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  if (!wantsCluster || cluster.servers.length === 0) return host
  const { domain } = cluster
  const searches = domain ? [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain] : []
  return { servers: [...cluster.servers], searches: unique([...searches, ...host.searches]), options: ['ndots:5'] }
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]

function limitSearches(searches: readonly string[]): string[] {
  const kept: string[] = []
  let length = 0
  for (const search of searches.slice(0, maxSearches)) {
    length += search.length + (kept.length > 0 ? 1 : 0)
    if (length > maxSearchLength) break
    kept.push(search)
  }
  return kept
}

export const formatResolvConf = ({ servers, searches, options }: DnsConfig): string =>
  [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n')
