import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import { containerResources } from '../cgroups/resources.ts'
import type { ContainerState, LinuxResources, PodState } from '../container-runtime/runtime.ts'
import { latestStates } from '../lifecycle/pod-containers.ts'
import { isSidecar } from '../lifecycle/restart-policy.ts'

/** A running container that has other resources than its pod by now asks for. */
export interface ContainerResize {
  container: Container
  id: string
  resources: LinuxResources
  /** Its policy wants it started anew for this. */
  restart: boolean
  /** It gives CPU back: done before the pod's own limit is lowered, which may not be less than that of a container. */
  lessCpu: boolean
}

/** The containers of a pod that are to be resized. Pure. */
export function containerResizes(pod: Pod, state: PodState, nodeMemory: number): ContainerResize[] {
  const latest = latestStates(state)
  const qos = qosClassOf(pod)
  return [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers].flatMap((container) => {
    const current = latest.get(container.name)
    if (current?.state !== 'running' || !current.resources) return []
    const resources = containerResources({ pod, container, qos, nodeMemory })
    const { cpu, memory } = changes(current.resources, resources)
    if (!cpu && !memory) return []
    const restarts = (name: string): boolean =>
      (container.resizePolicy ?? []).some(
        (policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer',
      )
    return {
      container,
      id: current.id,
      resources,
      restart: (cpu && restarts('cpu')) || (memory && restarts('memory')),
      lessCpu: quotaOf(resources) < quotaOf(current.resources),
    }
  })
}

const quotaOf = ({ cpuQuota }: { cpuQuota?: number }): number => cpuQuota ?? Number.POSITIVE_INFINITY

const changes = (current: NonNullable<ContainerState['resources']>, wanted: LinuxResources) => ({
  cpu: current.cpuShares !== wanted.cpuShares || current.cpuQuota !== wanted.cpuQuota,
  memory: current.memoryLimit !== wanted.memoryLimit,
})
