import type { Container, Pod, Service, ServicePort } from '@tandem/api/core/v1/types'
import { labelMatcherOfSet, matchesLabels, type ObjectKey } from '@tandem/apimachinery'
import type { Informer } from '@tandem/client'

/** Does a controller keep the endpoints of this Service? Without a selector its owner does. */
export const hasManagedEndpoints = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && spec?.selector !== undefined

export const isHeadless = ({ spec }: Service): boolean => !spec?.clusterIP || spec.clusterIP === 'None'

export function selectedPods(service: Service, pods: Informer<Pod>): Pod[] {
  const matcher = labelMatcherOfSet(service.spec?.selector)
  return pods.list(service.metadata.namespace).filter(({ metadata }) => matchesLabels(matcher, metadata.labels))
}

export const servicesSelecting = (pod: Pod, services: Informer<Service>): ObjectKey[] =>
  services
    .list(pod.metadata.namespace)
    .filter(
      (service) =>
        hasManagedEndpoints(service) && matchesLabels(labelMatcherOfSet(service.spec?.selector), pod.metadata.labels),
    )
    .map(({ metadata }) => metadata)

/** Has it an address that may be reached now or later? Pods that will not run again have none. */
export function mayBeEndpoint({ metadata, spec, status }: Pod, { terminating }: { terminating: boolean }): boolean {
  if (!status?.podIP && !status?.podIPs?.length) return false
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false
  if (!terminating && metadata.deletionTimestamp) return false
  return spec !== undefined
}

/** The number behind a Service's port in one pod; undefined when the pod has no port of that name. */
export function targetPort(
  pod: Pod,
  { port, targetPort: target = port, protocol = 'TCP' }: ServicePort,
): number | undefined {
  if (typeof target === 'number') return target === 0 ? port : target
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports = [] }: Container) => ports)
    .find((candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol)?.containerPort
}

/** A pod that has a name in its Service's domain: `hostname.service.namespace.svc`. */
export const hostnameIn = ({ spec, metadata }: Pod, service: Service): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
    ? spec.hostname
    : undefined
