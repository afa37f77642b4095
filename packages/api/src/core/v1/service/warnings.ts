import { warningsForIP } from '../ip-address.ts'
import { hasClusterIP } from '../service-port.ts'
import type { Service } from '../types.ts'

const topologyHints = 'service.kubernetes.io/topology-aware-hints'
const topologyMode = 'service.kubernetes.io/topology-mode'

export function warnings(service: Service): string[] {
  const { spec, metadata } = service
  const { externalIPs = [] } = spec
  const texts: string[] = []
  if (Object.hasOwn(metadata.annotations ?? {}, topologyHints))
    texts.push(`annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`)
  if (hasClusterIP(service))
    for (const [i, ip] of (spec.clusterIPs ?? []).entries()) texts.push(...warningsForIP(`spec.clusterIPs[${i}]`, ip))
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  if (headless) {
    if (spec.loadBalancerIP) texts.push('spec.loadBalancerIP is ignored for headless services')
    if (externalIPs.length > 0) texts.push('spec.externalIPs is ignored for headless services')
    if (spec.sessionAffinity !== 'None') texts.push('spec.SessionAffinity is ignored for headless services')
  }
  for (const [i, ip] of externalIPs.entries()) texts.push(...warningsForIP(`spec.externalIPs[${i}]`, ip))
  if (externalIPs.length > 0 && !headless && spec.type !== 'ExternalName')
    texts.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (spec.loadBalancerIP) texts.push(...warningsForIP('spec.loadBalancerIP', spec.loadBalancerIP))
  if (spec.type === 'ExternalName' && externalIPs.length > 0)
    texts.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (spec.type !== 'ExternalName' && spec.externalName)
    texts.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec.trafficDistribution === 'PreferClose')
    texts.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return texts
}
