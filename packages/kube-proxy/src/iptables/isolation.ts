import { rule } from '@tandem/netfilter'
import type { RulesOptions } from './options.ts'

/** `multiport` takes no more at once. */
const portsPerRule = 15

/** Upstream's default range of node ports. */
const nodePortRange = '30000:32767'

/**
 * Drops what passes between the pods of two clusters on one host, and from pods to what the other cluster offers. Seen in FORWARD and
 * INPUT, after Services were resolved: where a packet wanted to go at first is in its conntrack entry.
 */
export const isolationRules = (options: RulesOptions): string[] =>
  options.clusterCIDRs.flatMap((ours) => rulesFor(ours, options))

function rulesFor(ours: string, { isolatedCIDRs, isolatedPorts, nodePortAddresses }: RulesOptions): string[] {
  const comment = 'another cluster on this host'
  const jump = 'DROP'
  const local = (protocol: string, ports: readonly number[]) =>
    rule({
      source: ours,
      protocol,
      comment,
      match: `-m addrtype --dst-type LOCAL -m multiport --dports ${ports.join(',')}`,
      jump,
    })
  return [
    ...isolatedCIDRs.flatMap((theirs) => [
      rule({ source: ours, destination: theirs, comment, jump }),
      rule({ source: theirs, destination: ours, comment, jump }),
      rule({ source: ours, comment, match: `-m conntrack --ctorigdst ${theirs}`, jump }),
    ]),
    ...(isolatedCIDRs.length > 0 ? othersNodePorts(ours, nodePortAddresses ?? []) : []),
    ...chunks(isolatedPorts, portsPerRule).flatMap((ports) => [local('tcp', ports), local('udp', ports)]),
  ]
}

/** Node ports of a cluster that answers on every address: all redirected ones, but for those at the address that is ours alone. */
function othersNodePorts(ours: string, [address]: readonly string[]): string[] {
  if (address === undefined) return []
  const match = `-m conntrack --ctstate DNAT ! --ctorigdst ${address} --ctorigdstport ${nodePortRange}`
  return [rule({ source: ours, comment: 'node ports of another cluster', match, jump: 'DROP' })]
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
