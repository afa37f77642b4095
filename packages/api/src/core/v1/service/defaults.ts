import { isExternallyAccessible } from '../service-port.ts'
import type { Service } from '../types.ts'

const threeHours = 3 * 60 * 60

function defaultSessionAffinity({ spec }: Service): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: threeHours } }
}

function defaultPorts({ spec }: Service): void {
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    port.targetPort ||= port.port
  }
}

export function defaults(service: Service): void {
  service.spec ??= {}
  service.status ??= {}
  service.status.loadBalancer ??= {}
  const { spec, status } = service
  defaultSessionAffinity(service)
  spec.type ||= 'ClusterIP'
  defaultPorts(service)
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster'
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of status.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}
