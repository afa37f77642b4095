import type { Pod, Service, ServicePort } from './types.ts'

/**
 * The number of the container port that a Service's port leads to in this pod: a number stands for itself, a name is
 * looked up among the pod's containers and sidecars. Undefined where the pod has no such port.
 */
export function findPort(pod: Pod, servicePort: ServicePort): number | undefined {
  const target = servicePort.targetPort ?? servicePort.port
  if (typeof target === 'number') return target === 0 ? servicePort.port : target
  if (target === '') return servicePort.port
  const protocol = servicePort.protocol ?? 'TCP'
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...(pod.spec.containers ?? []), ...sidecars]) {
    const port = container.ports?.find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol)
    if (port) return port.containerPort
  }
  return undefined
}

export const isHeadless = (service: Service): boolean =>
  service.spec.clusterIPs?.length === 1 && service.spec.clusterIPs[0] === 'None'

/** Has the Service addresses of its own in the cluster: neither headless nor an external name? */
export const hasClusterIP = (service: Service): boolean =>
  service.spec.type !== 'ExternalName' && Boolean(service.spec.clusterIP) && service.spec.clusterIP !== 'None'

export const isExternallyAccessible = (service: Service): boolean =>
  service.spec.type === 'LoadBalancer' ||
  service.spec.type === 'NodePort' ||
  (service.spec.type === 'ClusterIP' && (service.spec.externalIPs ?? []).length > 0)

export const externalPolicyLocal = (service: Service): boolean =>
  isExternallyAccessible(service) && service.spec.externalTrafficPolicy === 'Local'

export const internalPolicyLocal = (service: Service): boolean => service.spec.internalTrafficPolicy === 'Local'

/** Does a load balancer need a health check port, to learn which nodes have endpoints? */
export const needsHealthCheck = (service: Service): boolean =>
  service.spec.type === 'LoadBalancer' && externalPolicyLocal(service)
