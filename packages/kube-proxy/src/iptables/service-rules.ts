import { BlockList } from 'node:net'
import { probability, rule } from '@tandem/netfilter'
import {
  type CategorizedEndpoints,
  categorizeEndpoints,
  type EndpointInfo,
  endpointText,
  type ProxyNode,
} from '../endpoint.ts'
import type { ServicePortEntry } from '../service-map.ts'
import {
  isExternallyAccessible,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../service-port.ts'
import type { ChainNames } from './chains.ts'
import type { RulesOptions } from './options.ts'

/** What one port of a Service adds: its own chains, and its rules in the chains that all Services share. */
export interface ServicePortRules {
  readonly chains: ReadonlyMap<string, readonly string[]>
  readonly nat: { readonly services: readonly string[]; readonly nodePorts: readonly string[] }
  readonly filter: {
    readonly services: readonly string[]
    readonly externalServices: readonly string[]
    readonly nodePorts: readonly string[]
    readonly proxyFirewall: readonly string[]
  }
  readonly withoutLocalEndpoints: { readonly internal: boolean; readonly external: boolean }
}

export interface ServiceRulesContext {
  names: ChainNames
  options: RulesOptions
  node: ProxyNode
}

type Refusal = { jump: string; comment: string }

/**
 * A reset reaches a TCP client at once. An ICMP error may not: the kernel limits them, and forgoes the one it owes when it has just told
 * the same pod, by a redirect, that its packet left by the bridge it came from.
 */
export const reject = (protocol: string): string =>
  `REJECT --reject-with ${protocol === 'tcp' ? 'tcp-reset' : 'icmp-port-unreachable'}`

export function servicePortRules(
  { port, endpoints }: ServicePortEntry,
  context: ServiceRulesContext,
): ServicePortRules {
  const { names, options, node } = context
  const found = categorizeEndpoints(port, endpoints, node)
  const internal = found.any && (!port.internalPolicyLocal || found.local.length > 0)
  const external = found.any && (!port.externalPolicyLocal || found.local.length > 0)
  const firewalled = found.any && port.loadBalancerIPs.length > 0 && port.loadBalancerSourceRanges.length > 0

  const toPort = (number: number) => `-m ${port.protocol} --dport ${number}`
  const at = (destination: string, comment: string, jump: string) =>
    rule({ destination, protocol: port.protocol, comment, match: toPort(port.port), jump })

  const nat = { services: [] as string[], nodePorts: [] as string[] }
  const filter = {
    services: [] as string[],
    externalServices: [] as string[],
    nodePorts: [] as string[],
    proxyFirewall: [] as string[],
  }

  if (internal) nat.services.push(at(port.clusterIP, `${port.name} cluster IP`, internalChain(port, names)))
  else filter.services.push(at(port.clusterIP, ...refusalArguments(refusal(port, found))))

  for (const address of port.externalIPs) {
    if (found.any) nat.services.push(at(address, `${port.name} external IP`, names.external(port)))
    if (!external) filter.externalServices.push(at(address, ...refusalArguments(refusal(port, found))))
  }
  for (const address of port.loadBalancerIPs) {
    const chain = firewalled ? names.loadBalancerFirewall(port) : names.external(port)
    if (found.any) nat.services.push(at(address, `${port.name} loadbalancer IP`, chain))
    if (firewalled) filter.proxyFirewall.push(at(address, `${port.name} traffic not accepted by ${chain}`, 'DROP'))
    if (!external) filter.externalServices.push(at(address, ...refusalArguments(refusal(port, found))))
  }
  if (port.nodePort !== 0) {
    const match = toPort(port.nodePort)
    if (found.any)
      nat.nodePorts.push(rule({ protocol: port.protocol, comment: port.name, match, jump: names.external(port) }))
    if (!external) filter.externalServices.push(...nodePortRefusals(port, refusal(port, found), options))
  }
  if (port.healthCheckNodePort !== 0) {
    const match = `-m tcp --dport ${port.healthCheckNodePort}`
    filter.nodePorts.push(
      rule({ protocol: 'tcp', comment: `${port.name} health check node port`, match, jump: 'ACCEPT' }),
    )
  }

  const chains = new Map<string, readonly string[]>()
  if (found.any && isExternallyAccessible(port))
    chains.set(names.external(port), externalRules(port, external, context))
  if (firewalled) chains.set(names.loadBalancerFirewall(port), loadBalancerFirewallRules(port, context))
  const masquerade = internal ? masqueradeRules(port, options, names) : []
  const inFront = (chain: string) => (chain === internalChain(port, names) ? masquerade : [])
  if (found.cluster.length > 0 && usesClusterEndpoints(port)) {
    const chain = names.clusterPolicy(port)
    chains.set(chain, [...inFront(chain), ...balanceRules(port, found.cluster, names)])
  }
  if (found.local.length > 0 && usesLocalEndpoints(port)) {
    const chain = names.localPolicy(port)
    chains.set(chain, [...inFront(chain), ...balanceRules(port, found.local, names)])
  }
  for (const endpoint of found.reachable)
    chains.set(names.endpoint(port, endpoint), endpointRules(port, endpoint, names))

  return {
    chains,
    nat,
    filter,
    withoutLocalEndpoints: { internal: found.any && !internal, external: found.any && !external },
  }
}

const internalChain = (port: ServicePortInfo, names: ChainNames): string =>
  port.internalPolicyLocal ? names.localPolicy(port) : names.clusterPolicy(port)

/** Refused where nobody serves, so that a client knows at once; dropped where only this node has nobody. */
const refusal = ({ name, protocol }: ServicePortInfo, { any }: CategorizedEndpoints): Refusal =>
  any
    ? { jump: 'DROP', comment: `${name} has no local endpoints` }
    : { jump: reject(protocol), comment: `${name} has no endpoints` }

const refusalArguments = ({ comment, jump }: Refusal): [string, string] => [comment, jump]

function nodePortRefusals(
  port: ServicePortInfo,
  { comment, jump }: Refusal,
  { nodePortAddresses }: RulesOptions,
): string[] {
  const match = `-m ${port.protocol} --dport ${port.nodePort}`
  if (nodePortAddresses)
    return nodePortAddresses.map((destination) => rule({ destination, protocol: port.protocol, comment, match, jump }))
  return [rule({ protocol: port.protocol, comment, match: `-m addrtype --dst-type LOCAL ${match}`, jump })]
}

/** Traffic to the cluster address that does not come from a pod may leave again by another node, so its answers must come back here. */
function masqueradeRules(
  port: ServicePortInfo,
  { masqueradeAll, clusterCIDRs }: RulesOptions,
  names: ChainNames,
): string[] {
  const source = clusterCIDRs[0]
  if (!masqueradeAll && source === undefined) return []
  return [
    rule({
      source: masqueradeAll || source === undefined ? undefined : `!${source}`,
      destination: port.clusterIP,
      protocol: port.protocol,
      comment: `${port.name} cluster IP`,
      match: `-m ${port.protocol} --dport ${port.port}`,
      jump: names.markMasquerade,
    }),
  ]
}

/** What comes from outside: masqueraded, or kept with its source where only endpoints of this node are used. */
function externalRules(port: ServicePortInfo, external: boolean, { names, options }: ServiceRulesContext): string[] {
  const rules: string[] = []
  if (!port.externalPolicyLocal) {
    rules.push(
      rule({ comment: `masquerade traffic for ${port.name} external destinations`, jump: names.markMasquerade }),
    )
  } else {
    // Pods and the node itself reach every endpoint, as if they went out to a load balancer and came back.
    for (const source of options.clusterCIDRs.slice(0, 1)) {
      rules.push(
        rule({
          source,
          comment: `pod traffic for ${port.name} external destinations`,
          jump: names.clusterPolicy(port),
        }),
      )
    }
    const match = '-m addrtype --src-type LOCAL'
    rules.push(
      rule({
        comment: `masquerade LOCAL traffic for ${port.name} external destinations`,
        match,
        jump: names.markMasquerade,
      }),
    )
    rules.push(
      rule({
        comment: `route LOCAL traffic for ${port.name} external destinations`,
        match,
        jump: names.clusterPolicy(port),
      }),
    )
  }
  if (external)
    rules.push(rule({ jump: port.externalPolicyLocal ? names.localPolicy(port) : names.clusterPolicy(port) }))
  return rules
}

/** Only sources in the ranges go on; whatever else reaches the end was not redirected, and the firewall chain of `filter` drops it. */
function loadBalancerFirewallRules(port: ServicePortInfo, { names, options }: ServiceRulesContext): string[] {
  const comment = `${port.name} loadbalancer IP`
  const sources = [...port.loadBalancerSourceRanges]
  const includesNode = options.nodeIPs.some((address) => sources.some((range) => contains(range, address)))
  // The node's own packets to an address it holds itself have that address as their source.
  if (includesNode) sources.push(...port.loadBalancerIPs)
  return [
    ...sources.map((source) => rule({ source, comment, jump: names.external(port) })),
    rule({ comment: `other traffic to ${port.name} will be dropped by ${names.proxyFirewall}` }),
  ]
}

function contains(range: string, address: string): boolean {
  const [network = '', bits = '32'] = range.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(bits), 'ipv4')
  return list.check(address, 'ipv4')
}

/** A client with an affinity stays; others are spread evenly: the first rule takes 1/n, the next 1/(n-1) of the rest, the last all. */
function balanceRules(port: ServicePortInfo, endpoints: readonly EndpointInfo[], names: ChainNames): string[] {
  const rules: string[] = []
  const comment = (endpoint: EndpointInfo) => `${port.name} -> ${endpointText(endpoint)}`
  if (port.affinitySeconds > 0) {
    for (const endpoint of endpoints) {
      const jump = names.endpoint(port, endpoint)
      const match = `-m recent --rcheck --seconds ${port.affinitySeconds} --reap --name ${jump} --mask 255.255.255.255 --rsource`
      rules.push(rule({ comment: comment(endpoint), match, jump }))
    }
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const left = endpoints.length - index
    const match = left > 1 ? `-m statistic --mode random --probability ${probability(1 / left)}` : ''
    rules.push(rule({ comment: comment(endpoint), match, jump: names.endpoint(port, endpoint) }))
  }
  return rules
}

/** A pod that reaches itself through its Service must see the node as the client, or it would answer itself directly. */
function endpointRules(port: ServicePortInfo, endpoint: EndpointInfo, names: ChainNames): string[] {
  const comment = port.name
  const recent = `-m recent --set --name ${names.endpoint(port, endpoint)} --mask 255.255.255.255 --rsource`
  const match = [...(port.affinitySeconds > 0 ? [recent] : []), `-m ${port.protocol}`].join(' ')
  return [
    rule({ source: endpoint.address, comment, jump: names.markMasquerade }),
    rule({ protocol: port.protocol, comment, match, jump: `DNAT --to-destination ${endpointText(endpoint)}` }),
  ]
}
