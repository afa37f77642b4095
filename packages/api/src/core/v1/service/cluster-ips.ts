import { semanticallyEqual } from '@tandem/apimachinery'
import { isIPv6 } from '../ip-address.ts'
import { needsHealthCheck } from '../service-port.ts'
import type { IPFamily, Service } from '../types.ts'

export const needsClusterIP = ({ spec }: Service): boolean => spec.type !== 'ExternalName'
export const needsNodePort = ({ spec }: Service): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer'

const sameClusterIPs = (a: Service, b: Service): boolean => semanticallyEqual(a.spec.clusterIPs, b.spec.clusterIPs)

/** `clusterIP` and `clusterIPs` are one; a client that knows the singular alone must be able to set and keep it. */
export function normalizeClusterIPs({ spec }: Service): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

/** The same when the Service was there before. */
export function normalizeChangedClusterIPs(service: Service, old: Service): void {
  const { spec } = service
  if (old.spec.clusterIPs?.length && !spec.clusterIPs?.length && (old.spec.clusterIP ?? '') === (spec.clusterIP ?? ''))
    spec.clusterIPs = old.spec.clusterIPs
  if ((old.spec.clusterIP ?? '') === (spec.clusterIP ?? '') || !sameClusterIPs(service, old)) return
  if (old.spec.clusterIP && !spec.clusterIP) delete spec.clusterIPs
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
}

/** What was allocated before and is absent from an update stays as it is. */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service
  if (needsClusterIP(old) && needsClusterIP(service)) {
    spec.clusterIP ||= old.spec.clusterIP
    if (!spec.clusterIPs?.length && old.spec.clusterIPs?.length) spec.clusterIPs = old.spec.clusterIPs
  }
  if (needsNodePort(old) && needsNodePort(service)) keepNodePorts(service, old)
  if (needsHealthCheck(old) && needsHealthCheck(service)) spec.healthCheckNodePort ||= old.spec.healthCheckNodePort
}

/** By the ports' names, unless the number has been given to another port. */
function keepNodePorts({ spec: { ports = [] } }: Service, { spec: { ports: oldPorts = [] } }: Service): void {
  const taken = new Set(ports.map(({ nodePort }) => nodePort))
  for (const port of ports) {
    const kept = oldPorts.find(({ name }) => (name ?? '') === (port.name ?? ''))?.nodePort
    if (!port.nodePort && kept && !taken.has(kept)) port.nodePort = kept
  }
}

const familyOf = (ip: string): IPFamily => (isIPv6(ip) ? 'IPv6' : 'IPv4')

/** Fills in families and policy, for a cluster whose Services have IPv4 addresses alone. */
export function defaultIPFamilies({ spec }: Service, old?: Service): void {
  if (spec.type === 'ExternalName') return
  const openHeadless = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (openHeadless ? 'RequireDualStack' : 'SingleStack')
  const families = [...(spec.ipFamilies ?? [])]
  for (const ip of (spec.clusterIPs ?? []).slice(families.length)) if (ip !== 'None') families.push(familyOf(ip))
  if (families.length === 0) families.push('IPv4')
  // Whoever writes the endpoints of a headless Service without a selector chooses their families.
  if (openHeadless && families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack')
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4')
  spec.ipFamilies = families
}
