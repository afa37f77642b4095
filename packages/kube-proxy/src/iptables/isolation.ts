import { rule } from '@tandem/netfilter'
import type { IsolatedCluster, RulesOptions } from './options.ts'

/** `multiport` takes no more at once. */
const portsPerRule = 15

/** Upstream's default range of node ports. */
const nodePortRange = '30000:32767'

/**
 * Drops what passes between the pods of two clusters on one host, and from pods to what the other cluster offers. Seen in FORWARD and
 * INPUT, after Services were resolved: where a packet wanted to go at first is in its conntrack entry.
 */
export const isolationRules = (options: RulesOptions): string[] =>
  options.isolateFrom.flatMap((other) => options.clusterCIDRs.flatMap((ours) => rulesBetween(ours, other, options)))

function rulesBetween(ours: string, other: IsolatedCluster, { nodePortAddresses }: RulesOptions): string[] {
  const comment = 'another cluster on this host'
  const drop = (match: string) => rule({ source: ours, comment, match, jump: 'DROP' })
  const wanted = (cidr: string) => drop(`-m conntrack --ctorigdst ${cidr}`)
  const local = (protocol: string, ports: readonly number[]) =>
    rule({
      source: ours,
      protocol,
      comment,
      match: `-m addrtype --dst-type LOCAL -m multiport --dports ${ports.join(',')}`,
      jump: 'DROP',
    })
  return [
    ...other.podCIDRs.flatMap((theirs) => [
      rule({ source: ours, destination: theirs, comment, jump: 'DROP' }),
      rule({ source: theirs, destination: ours, comment, jump: 'DROP' }),
    ]),
    ...[...other.serviceCIDRs, ...other.loadBalancerCIDRs, ...other.nodePortCIDRs].map(wanted),
    ...(other.nodePortCIDRs.length === 0 ? theirNodePorts(ours, nodePortAddresses ?? []) : []),
    ...chunks(other.componentPorts, portsPerRule).flatMap((ports) => [local('tcp', ports), local('udp', ports)]),
  ]
}

/** Node ports of a cluster that answers on every address: all redirected ones, but for those at addresses that are ours alone. */
function theirNodePorts(ours: string, ourAddresses: readonly string[]): string[] {
  const comment = 'node ports of another cluster'
  const [address] = ourAddresses
  if (address === undefined) return []
  const match = `-m conntrack --ctstate DNAT ! --ctorigdst ${address} --ctorigdstport ${nodePortRange}`
  return [rule({ source: ours, comment, match, jump: 'DROP' })]
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
