import { type RuleSet, rule } from '@tandem/netfilter'
import type { ProxyNode } from '../endpoint.ts'
import type { ProxyState, ServicePortEntry } from '../service-map.ts'
import { type ChainNames, chainNames } from './chains.ts'
import { isolatesNodePorts, isolationRules, nodePortIsolationRules } from './isolation.ts'
import { proxyForwardRules } from './jumps.ts'
import { masqueradeMark, type RulesOptions } from './options.ts'
import { reject, type ServicePortRules, servicePortRules } from './service-rules.ts'

export interface ProxyRules {
  ruleSet: RuleSet
  withoutLocalEndpoints: { internal: number; external: number }
}

/**
 * Services as rules. The result depends on the arguments alone; rules of an entry are kept for as long as the entry is, so that a change
 * of one Service among thousands costs that Service's rules and the joining of the shared chains.
 */
export function createRuleBuilder(options: RulesOptions, node: ProxyNode): (state: ProxyState) => ProxyRules {
  const names = chainNames(options.chainPrefix)
  const kept = new WeakMap<ServicePortEntry, ServicePortRules>()
  const rulesOf = (entry: ServicePortEntry): ServicePortRules => {
    const rules = kept.get(entry) ?? servicePortRules(entry, { names, options, node })
    kept.set(entry, rules)
    return rules
  }
  return (state) => joined(state.map(rulesOf), names, options)
}

function joined(services: readonly ServicePortRules[], names: ChainNames, options: RulesOptions): ProxyRules {
  const nat = new Map<string, readonly string[]>()
  nat.set(names.services, [...services.flatMap((each) => each.nat.services), ...nodePortJumps(names, options)])
  nat.set(
    names.nodePorts,
    services.flatMap((each) => each.nat.nodePorts),
  )
  nat.set(names.postrouting, postroutingRules(options))
  nat.set(names.markMasquerade, [
    rule({ jump: `MARK --set-xmark ${masqueradeMark(options)}/${masqueradeMark(options)}` }),
  ])
  for (const { chains } of services) for (const [chain, rules] of chains) nat.set(chain, rules)

  const filter = new Map<string, readonly string[]>()
  filter.set(names.isolation, isolationRules(options))
  filter.set(names.firewall, options.localhostNodePorts ? [localnetRule] : [])
  filter.set(
    names.services,
    services.flatMap((each) => each.filter.services),
  )
  filter.set(names.externalServices, [
    ...options.isolatedCIDRs.map((destination) =>
      rule({ destination, comment: 'addresses of another cluster', jump: 'RETURN' }),
    ),
    ...services.flatMap((each) => each.filter.externalServices),
    ...options.loadBalancerCIDRs.flatMap(unservedRules),
  ])
  filter.set(
    names.nodePorts,
    services.flatMap((each) => each.filter.nodePorts),
  )
  filter.set(
    names.proxyFirewall,
    services.flatMap((each) => each.filter.proxyFirewall),
  )
  filter.set(names.forward, forwardRules(options))
  filter.set(names.proxyForward, proxyForwardRules(names))

  const count = (direction: 'internal' | 'external') =>
    services.filter((each) => each.withoutLocalEndpoints[direction]).length
  const mangle = isolatesNodePorts(options)
    ? { mangle: new Map([[names.isolation, nodePortIsolationRules(options)]]) }
    : {}
  return {
    ruleSet: { filter, nat, ...mangle },
    withoutLocalEndpoints: { internal: count('internal'), external: count('external') },
  }
}

/** Node ports come last: whatever has an address of its own was found before. */
function nodePortJumps(names: ChainNames, options: RulesOptions): string[] {
  const comment = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain'
  const jump = names.nodePorts
  if (options.nodePortAddresses)
    return options.nodePortAddresses.map((destination) => rule({ destination, comment, jump }))
  return [
    ...options.isolatedCIDRs.map((destination) =>
      rule({ destination, comment: 'addresses of another cluster', jump: 'RETURN' }),
    ),
    rule({
      destination: options.localhostNodePorts ? undefined : '!127.0.0.0/8',
      comment,
      match: '-m addrtype --dst-type LOCAL',
      jump,
    }),
  ]
}

function postroutingRules(options: RulesOptions): string[] {
  const mark = masqueradeMark(options)
  const jump = options.randomFully ? 'MASQUERADE --random-fully' : 'MASQUERADE'
  return [
    ...options.clusterCIDRs.map((cidr) =>
      rule({
        source: cidr,
        destination: `!${cidr}`,
        comment: 'pod traffic leaving the cluster',
        match: `-m mark ! --mark ${mark}/${mark}`,
        jump,
      }),
    ),
    rule({ match: `-m mark ! --mark ${mark}/${mark}`, jump: 'RETURN' }),
    // Taken off, so that a packet that comes round again is not masqueraded again.
    rule({ jump: `MARK --set-xmark ${mark}/0x0` }),
    rule({ comment: 'kubernetes service traffic requiring SNAT', jump }),
  ]
}

function forwardRules(options: RulesOptions): string[] {
  const mark = masqueradeMark(options)
  return [
    ...(options.conntrackTCPLiberal ? [] : [rule({ match: '-m conntrack --ctstate INVALID', jump: 'DROP' })]),
    rule({ comment: 'kubernetes forwarding rules', match: `-m mark --mark ${mark}/${mark}`, jump: 'ACCEPT' }),
    rule({
      comment: 'kubernetes forwarding conntrack rule',
      match: '-m conntrack --ctstate RELATED,ESTABLISHED',
      jump: 'ACCEPT',
    }),
    ...options.clusterCIDRs.flatMap((cidr) => [
      rule({ source: cidr, comment: 'kubernetes forwarding pod source rule', jump: 'ACCEPT' }),
      rule({ destination: cidr, comment: 'kubernetes forwarding pod destination rule', jump: 'ACCEPT' }),
    ]),
  ]
}

/** `route_localnet` lets neighbours on a link send packets to 127.0.0.1: only the host itself may. */
const localnetRule = rule({
  source: '!127.0.0.0/8',
  destination: '127.0.0.0/8',
  comment: 'block incoming localnet connections',
  match: '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT',
  jump: 'DROP',
})

/** A load balancer's address is the Service's, not the host's: what the host itself listens on does not answer there. */
const unservedRules = (destination: string): string[] =>
  ['tcp', 'udp'].map((protocol) =>
    rule({ destination, protocol, comment: 'load-balancer address without this port', jump: reject(protocol) }),
  )
