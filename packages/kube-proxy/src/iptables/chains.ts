import { chainHash, isChainPrefix } from '@tandem/netfilter'
import { type EndpointInfo, endpointText } from '../endpoint.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * Upstream's chains, named for one cluster. A host that carries one cluster has upstream's names; where it carries two, each has a prefix
 * of its own in place of `KUBE`, and that prefix is part of the hash.
 */
export interface ChainNames {
  readonly services: string
  readonly externalServices: string
  readonly nodePorts: string
  readonly postrouting: string
  readonly markMasquerade: string
  readonly forward: string
  readonly proxyForward: string
  readonly proxyFirewall: string
  readonly firewall: string
  readonly isolation: string
  readonly canary: string
  clusterPolicy(port: ServicePortInfo): string
  localPolicy(port: ServicePortInfo): string
  external(port: ServicePortInfo): string
  loadBalancerFirewall(port: ServicePortInfo): string
  endpoint(port: ServicePortInfo, endpoint: EndpointInfo): string
  owns(chain: string): boolean
}

export function chainNames(prefix = 'KUBE'): ChainNames {
  if (!isChainPrefix(prefix))
    throw new RangeError(`chain prefix must be 1 to 7 upper-case letters and digits, starting with a letter: ${prefix}`)
  const cluster = prefix === 'KUBE' ? '' : `${prefix}/`
  const named = (kind: string, port: ServicePortInfo, endpoint = '') =>
    `${prefix}-${kind}-${chainHash(`${cluster}${port.name}${port.protocol}${endpoint}`)}`
  const perPort = new RegExp(`^${prefix}-(?:SVC|SVL|EXT|FW|SEP)-[A-Z2-7]{16}$`)
  const fixed = {
    services: `${prefix}-SERVICES`,
    externalServices: `${prefix}-EXTERNAL-SERVICES`,
    nodePorts: `${prefix}-NODEPORTS`,
    postrouting: `${prefix}-POSTROUTING`,
    markMasquerade: `${prefix}-MARK-MASQ`,
    forward: `${prefix}-FORWARD`,
    proxyForward: `${prefix}-PROXY-FORWARD`,
    proxyFirewall: `${prefix}-PROXY-FIREWALL`,
    firewall: `${prefix}-FIREWALL`,
    isolation: `${prefix}-ISOLATION`,
    canary: `${prefix}-PROXY-CANARY`,
  }
  const fixedNames = new Set(Object.values(fixed))
  return {
    ...fixed,
    clusterPolicy: (port) => named('SVC', port),
    localPolicy: (port) => named('SVL', port),
    external: (port) => named('EXT', port),
    loadBalancerFirewall: (port) => named('FW', port),
    endpoint: (port, endpoint) => named('SEP', port, endpointText(endpoint)),
    owns: (chain) => fixedNames.has(chain) || perPort.test(chain),
  }
}
