import { addResources, parseResourceList, type ResourceList, type Resources } from './resource-list.ts'
import type { Pod, PodQOSClass, ResourceRequirements } from './types.ts'

const computeResources = ['cpu', 'memory']

/** Amounts of CPU and memory above zero; nothing else counts. */
const compute = (list: Readonly<ResourceList> | undefined): Resources =>
  new Map([...parseResourceList(list)].filter(([name, { nanos }]) => computeResources.includes(name) && nanos > 0n))

/**
 * Guaranteed: each container has limits of CPU and memory, equal to its requests. BestEffort: none has either.
 * Burstable: all others. A pod's own `resources` count instead of its containers', where given.
 */
export function computeQOSClass(pod: Pod): PodQOSClass {
  const counted: (ResourceRequirements | undefined)[] = pod.spec.resources
    ? [pod.spec.resources]
    : [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].map(({ resources }) => resources)
  const requests: Resources = new Map()
  const limits: Resources = new Map()
  let limited = true
  for (const resources of counted) {
    addResources(requests, compute(resources?.requests))
    const limit = compute(resources?.limits)
    addResources(limits, limit)
    if (limit.size < computeResources.length) limited = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const equal =
    requests.size === limits.size && [...requests].every(([name, { nanos }]) => limits.get(name)?.nanos === nanos)
  return limited && equal ? 'Guaranteed' : 'Burstable'
}

/** The class that was computed when the pod was created, which never changes. */
export const qosClassOf = (pod: Pod): PodQOSClass => pod.status?.qosClass ?? computeQOSClass(pod)
