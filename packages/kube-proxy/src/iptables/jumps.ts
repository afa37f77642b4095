import { type Jump, rule } from '@tandem/netfilter'
import type { ChainNames } from './chains.ts'
import { isolatesNodePorts } from './isolation.ts'
import type { RulesOptions } from './options.ts'

const newOnly = '-m conntrack --ctstate NEW'

/**
 * How packets get into our chains. FORWARD has one jump, at its head, since Docker's policy there is DROP; what it leads to is in
 * `proxyForwardRules`.
 */
export const jumps = (names: ChainNames, options: RulesOptions): Jump[] => {
  const portals = 'kubernetes service portals'
  const external = 'kubernetes externally-visible service portals'
  const firewall = 'kubernetes load balancer firewall'
  const isolation = rule({ comment: 'traffic between clusters of this host', jump: names.isolation })
  return [
    ...(isolatesNodePorts(options) ? [{ table: 'mangle', from: 'PREROUTING', rule: isolation } as const] : []),
    { table: 'filter', from: 'INPUT', rule: isolation },
    { table: 'filter', from: 'INPUT', rule: rule({ jump: names.firewall }) },
    { table: 'filter', from: 'INPUT', rule: rule({ match: newOnly, comment: firewall, jump: names.proxyFirewall }) },
    {
      table: 'filter',
      from: 'INPUT',
      rule: rule({ comment: 'kubernetes health check service ports', jump: names.nodePorts }),
    },
    { table: 'filter', from: 'INPUT', rule: rule({ match: newOnly, comment: external, jump: names.externalServices }) },
    { table: 'filter', from: 'FORWARD', rule: rule({ comment: 'kubernetes forwarding', jump: names.proxyForward }) },
    { table: 'filter', from: 'OUTPUT', rule: rule({ jump: names.firewall }) },
    { table: 'filter', from: 'OUTPUT', rule: rule({ match: newOnly, comment: firewall, jump: names.proxyFirewall }) },
    { table: 'filter', from: 'OUTPUT', rule: rule({ match: newOnly, comment: portals, jump: names.services }) },
    { table: 'nat', from: 'PREROUTING', rule: rule({ comment: portals, jump: names.services }) },
    { table: 'nat', from: 'OUTPUT', rule: rule({ comment: portals, jump: names.services }) },
    {
      table: 'nat',
      from: 'POSTROUTING',
      rule: rule({ comment: 'kubernetes postrouting rules', jump: names.postrouting }),
    },
  ]
}

/** Refusals come before what is accepted: a pod's packet to a Service without endpoints would else be forwarded to nowhere. */
export const proxyForwardRules = (names: ChainNames): string[] => [
  rule({ comment: 'traffic between clusters of this host', jump: names.isolation }),
  rule({ match: newOnly, comment: 'kubernetes load balancer firewall', jump: names.proxyFirewall }),
  rule({ match: newOnly, comment: 'kubernetes service portals', jump: names.services }),
  rule({ match: newOnly, comment: 'kubernetes externally-visible service portals', jump: names.externalServices }),
  rule({ comment: 'kubernetes forwarding rules', jump: names.forward }),
]
