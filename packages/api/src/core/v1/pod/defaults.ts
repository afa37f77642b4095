import { aggregateContainerLimits, aggregateContainerRequests } from '../pod-resources.ts'
import { defaultPodSpec } from '../pod-spec/defaults.ts'
import { printResources } from '../resource-list.ts'
import { isHugePages, isOvercommitAllowed, isPodLevelResource } from '../resource-name.ts'
import type { Container, Pod } from '../types.ts'

/** What is limited but not requested is requested up to its limit. */
function defaultRequests(container: Container): void {
  const { resources } = container
  if (!resources?.limits || Object.keys(resources.limits).length === 0) return
  resources.requests = { ...resources.limits, ...resources.requests }
}

/** On the host's network every port is the host's. */
function defaultHostPorts(containers: readonly Container[] | undefined): void {
  for (const { ports = [] } of containers ?? []) for (const port of ports) port.hostPort ||= port.containerPort
}

/** Huge pages that containers limit are limited for the whole pod, if it limits or requests anything as a whole. */
function defaultPodHugePages(pod: Pod): void {
  const { resources } = pod.spec
  if (!resources || Object.keys({ ...resources.limits, ...resources.requests }).length === 0) return
  const inherited = Object.entries(printResources(aggregateContainerLimits(pod))).filter(
    ([name]) => isHugePages(name) && !Object.hasOwn(resources.requests ?? {}, name),
  )
  if (inherited.length > 0) resources.limits = { ...Object.fromEntries(inherited), ...resources.limits }
}

/** A pod that is limited as a whole requests what its containers do, or else up to its limit. */
function defaultPodRequests(pod: Pod): void {
  const { resources } = pod.spec
  if (!resources?.limits || Object.keys(resources.limits).length === 0) return
  const ofContainers = Object.entries(printResources(aggregateContainerRequests(pod))).filter(
    ([name]) => isPodLevelResource(name) && isOvercommitAllowed(name),
  )
  const ofLimits = Object.entries(resources.limits).filter(([name]) => isPodLevelResource(name))
  const requests = { ...Object.fromEntries(ofLimits), ...Object.fromEntries(ofContainers), ...resources.requests }
  if (Object.keys(requests).length > 0) resources.requests = requests
}

/** `podIP` and `hostIP` are the first of the lists beside them. */
function alignAddresses({ status }: Pod): void {
  if (!status) return
  if (status.podIP && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }]
  if (status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip
}

export function defaults(pod: Pod): void {
  pod.spec ??= { containers: [] }
  const { spec } = pod
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) defaultRequests(container)
  defaultPodHugePages(pod)
  defaultPodRequests(pod)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) {
    defaultHostPorts(spec.containers)
    defaultHostPorts(spec.initContainers)
  }
  defaultPodSpec(spec)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  alignAddresses(pod)
}
