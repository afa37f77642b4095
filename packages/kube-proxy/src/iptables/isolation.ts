import { rule } from '@tandem/netfilter'
import type { RulesOptions } from './options.ts'

/** `multiport` takes no more at once. */
const portsPerRule = 15

/**
 * Drops what passes between the pods of two clusters on one host, and from pods to what the other cluster offers. Seen in FORWARD and
 * INPUT, after Services were resolved: where a packet wanted to go at first is in its conntrack entry.
 */
export const isolationRules = (options: RulesOptions): string[] =>
  options.clusterCIDRs.flatMap((ours) => rulesFor(ours, options))

function rulesFor(ours: string, { isolatedCIDRs, isolatedPorts }: RulesOptions): string[] {
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
    ...chunks(isolatedPorts, portsPerRule).flatMap((ports) => [local('tcp', ports), local('udp', ports)]),
  ]
}

/** Upstream's default range of node ports. */
const nodePortRange = '30000:32767'

/** Do other clusters' node ports answer at addresses that are not listed, because they answer at every address but ours? */
export const isolatesNodePorts = ({ isolatedCIDRs, nodePortAddresses }: RulesOptions): boolean =>
  isolatedCIDRs.length > 0 && nodePortAddresses !== undefined

/** Drops what pods send to node ports at addresses of the host that are not ours: before Services are resolved, since all ports look alike after. */
export function nodePortIsolationRules(options: RulesOptions): string[] {
  if (!isolatesNodePorts(options)) return []
  const own = (options.nodePortAddresses ?? []).map((destination) =>
    rule({ destination, comment: 'node ports of this cluster', jump: 'RETURN' }),
  )
  const others = options.clusterCIDRs.flatMap((source) =>
    ['tcp', 'udp', 'sctp'].map((protocol) => {
      const match = `-m addrtype --dst-type LOCAL -m ${protocol} --dport ${nodePortRange} -m conntrack --ctstate NEW`
      return rule({ source, protocol, comment: 'node ports of another cluster', match, jump: 'DROP' })
    }),
  )
  return [...own, ...others]
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
