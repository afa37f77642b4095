import { isIPv4 } from 'node:net'
import type { Service, ServicePort } from '@tandem/api/core/v1/types'

export type ProxyProtocol = 'tcp' | 'udp' | 'sctp'

/** What a proxy must know about one port of a Service, in one address family. */
export interface ServicePortInfo {
  /** `namespace/name:port`, or `namespace/name` when the port has no name: upstream's words in comments and hashes. */
  readonly name: string
  /** `namespace/name`. */
  readonly service: string
  /** The name of the port, empty when it has none. */
  readonly portName: string
  readonly protocol: ProxyProtocol
  readonly clusterIP: string
  readonly port: number
  /** 0 when there is none. */
  readonly nodePort: number
  readonly externalIPs: readonly string[]
  /** Ingress addresses that work by being held here: those with ipMode Proxy are left to their load balancer. */
  readonly loadBalancerIPs: readonly string[]
  readonly loadBalancerSourceRanges: readonly string[]
  /** Seconds for which a client stays with its endpoint; 0 without session affinity. */
  readonly affinitySeconds: number
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** 0 when there is none. */
  readonly healthCheckNodePort: number
}

const defaultAffinitySeconds = 10_800

const isIPv4Range = (range: string): boolean => isIPv4(range.trim().split('/')[0] ?? '')

/** Services that another proxy serves, or that have no address of their own, are not ours. */
export const isProxied = ({ metadata, spec }: Service): boolean =>
  spec.type !== 'ExternalName' &&
  spec.clusterIP !== undefined &&
  spec.clusterIP !== '' &&
  spec.clusterIP !== 'None' &&
  metadata.labels?.['service.kubernetes.io/service-proxy-name'] === undefined

export const clusterIPv4 = ({ spec }: Service): string | undefined =>
  [spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])].find(isIPv4)

/** The ports of a Service in IPv4, in the order of its spec; none when it is not proxied. */
export function servicePorts(service: Service): ServicePortInfo[] {
  const clusterIP = isProxied(service) ? clusterIPv4(service) : undefined
  if (clusterIP === undefined) return []
  const { metadata, spec } = service
  const name = `${metadata.namespace}/${metadata.name}`
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0
  const shared = {
    service: name,
    clusterIP,
    externalIPs: (spec.externalIPs ?? []).filter(isIPv4),
    loadBalancerIPs: spec.type === 'LoadBalancer' ? loadBalancerIPs(service) : [],
    loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).filter(isIPv4Range).map((range) => range.trim()),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds)
        : 0,
    externalPolicyLocal: external && spec.externalTrafficPolicy === 'Local',
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0,
  }
  return (spec.ports ?? []).map((port) => ({
    ...shared,
    name: port.name ? `${name}:${port.name}` : name,
    portName: port.name ?? '',
    protocol: protocolOf(port),
    port: port.port,
    nodePort: port.nodePort ?? 0,
  }))
}

const protocolOf = ({ protocol = 'TCP' }: ServicePort): ProxyProtocol =>
  protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'

const loadBalancerIPs = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ip && ipMode === 'VIP' && isIPv4(ip) ? [ip] : [],
  )

/** Reached from outside the cluster, by node port, load-balancer address or external address. */
export const isExternallyAccessible = ({ nodePort, loadBalancerIPs, externalIPs }: ServicePortInfo): boolean =>
  nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0

/** Some of its traffic may go to endpoints on any node. */
export const usesClusterEndpoints = (port: ServicePortInfo): boolean =>
  !port.internalPolicyLocal || isExternallyAccessible(port)

/** Some of its traffic must stay on this node. */
export const usesLocalEndpoints = (port: ServicePortInfo): boolean =>
  port.internalPolicyLocal || (port.externalPolicyLocal && isExternallyAccessible(port))
