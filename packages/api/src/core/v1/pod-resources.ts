import { addResources, parseResourceList, type ResourceList, type Resources, raiseResources } from './resource-list.ts'
import { isPodLevelResource } from './resource-name.ts'
import type { Container, ContainerStatus, Pod } from './types.ts'

/** A sidecar: an init container that runs on beside the others. */
export const isRestartableInitContainer = (container: Container): boolean => container.restartPolicy === 'Always'

export interface PodResourceOptions {
  /** Leave out `spec.overhead`, which a runtime class adds. */
  overhead?: 'included' | 'excluded'
  /** During a resize, count what the node has given too (scheduler, kubelet's admission). */
  resizes?: 'ignored' | 'counted'
  /** What a container that requests nothing is taken to request: for scoring nodes. */
  nonMissing?: Readonly<ResourceList>
}

type Kind = 'requests' | 'limits'

const isResizeInfeasible = (pod: Pod): boolean =>
  pod.status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible'

/** What the container takes by spec and, while it is being resized, by what the node has granted and set. */
function effective(pod: Pod, container: Container, kind: Kind, options: PodResourceOptions): Resources {
  const wanted = parseResourceList(container.resources?.[kind])
  const status = options.resizes === 'counted' ? statusOf(pod, container) : undefined
  if (!status?.resources) return wanted
  const highest: Resources = isResizeInfeasible(pod) ? new Map() : wanted
  raiseResources(highest, parseResourceList(status.resources[kind]))
  if (kind === 'requests') raiseResources(highest, parseResourceList(status.allocatedResources))
  return highest
}

const statusOf = (pod: Pod, container: Container): ContainerStatus | undefined =>
  [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container.name,
  )

function withNonMissing(resources: Resources, { nonMissing }: PodResourceOptions): Resources {
  for (const [name, quantity] of parseResourceList(nonMissing)) if (!resources.has(name)) resources.set(name, quantity)
  return resources
}

/**
 * What the containers need at most at one time: all containers and sidecars together, or an init container together
 * with the sidecars that started before it.
 */
function aggregate(pod: Pod, kind: Kind, options: PodResourceOptions): Resources {
  const of = (container: Container): Resources => {
    const resources = effective(pod, container, kind, options)
    return kind === 'requests' ? withNonMissing(resources, options) : resources
  }
  const total: Resources = new Map()
  for (const container of pod.spec.containers ?? []) addResources(total, of(container))

  const sidecars: Resources = new Map()
  const initializing: Resources = new Map()
  for (const container of pod.spec.initContainers ?? []) {
    const resources = of(container)
    if (isRestartableInitContainer(container)) {
      addResources(total, resources)
      addResources(sidecars, resources)
      raiseResources(initializing, sidecars)
    } else {
      const together = new Map(resources)
      addResources(together, sidecars)
      raiseResources(initializing, together)
    }
  }
  raiseResources(total, initializing)
  return total
}

export const aggregateContainerRequests = (pod: Pod): Resources => aggregate(pod, 'requests', {})
export const aggregateContainerLimits = (pod: Pod): Resources => aggregate(pod, 'limits', {})

function applyPodLevel(pod: Pod, kind: Kind, total: Resources): void {
  for (const [name, quantity] of parseResourceList(pod.spec.resources?.[kind]))
    if (isPodLevelResource(name)) total.set(name, quantity)
}

/** What a pod asks of a node. */
export function podRequests(pod: Pod, options: PodResourceOptions = {}): Resources {
  const total = aggregate(pod, 'requests', options)
  applyPodLevel(pod, 'requests', total)
  if (options.overhead !== 'excluded') addResources(total, parseResourceList(pod.spec.overhead))
  return total
}

/** What a pod may use at most. Overhead is only added to what has a limit. */
export function podLimits(pod: Pod, options: PodResourceOptions = {}): Resources {
  const total = aggregate(pod, 'limits', options)
  applyPodLevel(pod, 'limits', total)
  if (options.overhead !== 'excluded') {
    const overhead = [...parseResourceList(pod.spec.overhead)]
    addResources(total, new Map(overhead.filter(([name]) => (total.get(name)?.nanos ?? 0n) !== 0n)))
  }
  return total
}
