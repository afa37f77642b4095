import { BlockList } from 'node:net'
import type { ServicePortEntry } from './service-map.ts'

export interface SharedHost {
  /** Ranges of other clusters on this host. */
  isolatedCIDRs: readonly string[]
  /** Where node ports of this cluster answer; undefined where it has the host's own addresses. */
  nodePortAddresses: readonly string[] | undefined
  /** The host's own addresses. */
  nodeIPs: readonly string[]
}

/**
 * Where several clusters share a host, a Service must not take over what another cluster answers at by calling it an external address,
 * nor lead to another cluster's pods by calling them its endpoints.
 */
export function withoutForeign(host: SharedHost): (entry: ServicePortEntry) => ServicePortEntry {
  if (host.isolatedCIDRs.length === 0) return (entry) => entry
  const isTheirs = inRanges(host.isolatedCIDRs)
  const hosts = new Set(host.nodePortAddresses ? host.nodeIPs : [])
  const isOurs = (address: string): boolean => !isTheirs(address) && !hosts.has(address)
  return ({ port, endpoints }) => ({
    port: {
      ...port,
      externalIPs: port.externalIPs.filter(isOurs),
      loadBalancerIPs: port.loadBalancerIPs.filter(isOurs),
    },
    endpoints: endpoints.filter(({ address }) => !isTheirs(address)),
  })
}

/** Is it this cluster's node port that is asked for at the address? Another cluster may have one of the same number. */
export function answersNodePorts({ isolatedCIDRs, nodePortAddresses }: SharedHost): (address: string) => boolean {
  if (nodePortAddresses) return (address) => nodePortAddresses.includes(address)
  const isTheirs = inRanges(isolatedCIDRs)
  return (address) => !isTheirs(address)
}

export function inRanges(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [network = '', bits = '32'] = cidr.split('/')
    list.addSubnet(network, Number(bits), 'ipv4')
  }
  return (address) => list.check(address, 'ipv4')
}
