import { semanticallyEqual } from '@tandem/apimachinery'
import { isExternallyAccessible, needsHealthCheck } from '../service-port.ts'
import type { Service } from '../types.ts'
import {
  defaultIPFamilies,
  keepAllocated,
  needsClusterIP,
  needsNodePort,
  normalizeChangedClusterIPs,
  normalizeClusterIPs,
} from './cluster-ips.ts'

const nodePortsOf = ({ spec }: Service): number[] =>
  (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []))

/**
 * A change of type drops what the new type has no use for, if it was as before: had the user changed it too, validation
 * must be able to refuse it.
 */
function dropTypeDependentFields(service: Service, old: Service): void {
  const { spec } = service
  const unchanged = (field: keyof Service['spec']): boolean => semanticallyEqual(spec[field], old.spec[field])
  if (needsClusterIP(old) && !needsClusterIP(service)) {
    if (unchanged('clusterIP') && unchanged('clusterIPs')) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    if (unchanged('ipFamilies')) delete spec.ipFamilies
    if (unchanged('ipFamilyPolicy')) delete spec.ipFamilyPolicy
  }
  const kept = new Set(nodePortsOf(old))
  if (needsNodePort(old) && !needsNodePort(service) && nodePortsOf(service).every((port) => kept.has(port)))
    for (const port of spec.ports ?? []) delete port.nodePort
  if (needsHealthCheck(old) && !needsHealthCheck(service) && unchanged('healthCheckNodePort'))
    delete spec.healthCheckNodePort
  if (old.spec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (unchanged('allocateLoadBalancerNodePorts')) delete spec.allocateLoadBalancerNodePorts
    if (unchanged('loadBalancerClass')) delete spec.loadBalancerClass
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service) && unchanged('externalTrafficPolicy'))
    delete spec.externalTrafficPolicy
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} }
}

/** The API server allocates addresses and node ports after this, and validates then. */
export function prepareForCreate(service: Service): void {
  service.status = { loadBalancer: {} }
  normalizeClusterIPs(service)
  defaultIPFamilies(service)
}

export function prepareForUpdate(service: Service, old: Service): void {
  service.status = old.status
  keepAllocated(service, old)
  normalizeChangedClusterIPs(service, old)
  dropTypeDependentFields(service, old)
  defaultIPFamilies(service, old)
}
