import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { ContainerStatus, Pod } from '@tandem/api/core/v1/types'
import { type CgroupName, podCgroup } from '../cgroups/names.ts'
import type { CgroupReader } from './cgroup-reader.ts'
import type { CgroupUsage } from './cgroup-usage.ts'
import type { InterfaceUsage } from './interface-usage.ts'

/** Everything at one moment. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  time: number
  node: Measured
  /** All pods together. */
  allPods: Measured
  pods: PodSnapshot[]
}

export interface Measured {
  /** Its cgroup, which names it in metrics. */
  path: string
  usage: CgroupUsage
}

export interface PodSnapshot extends Measured {
  pod: Pod
  containers: ContainerSnapshot[]
  /** Undefined for the host's network, and where no process is left to ask about it. */
  interfaces?: InterfaceUsage[]
}

export interface ContainerSnapshot extends Measured {
  name: string
  id: string
  image: string
  /** Milliseconds since the epoch. */
  startedAt: number
}

export interface SnapshotSource {
  root: CgroupName
  reader: CgroupReader
  pods: readonly Pod[]
  time: number
}

/** Pods with a cgroup, and in them the containers that run. */
export function takeSnapshot({ root, reader, pods, time }: SnapshotSource): Snapshot {
  const measured = (path: string): Measured => ({ path, usage: reader.usage(path) })
  return {
    time,
    node: measured(reader.path(root)),
    allPods: measured(reader.path([...root, 'kubepods'])),
    pods: pods.flatMap((pod) => podSnapshot(pod, { root, reader }) ?? []),
  }
}

function podSnapshot(pod: Pod, { root, reader }: Pick<SnapshotSource, 'root' | 'reader'>): PodSnapshot | undefined {
  const path = reader.path(podCgroup(root, qosClassOf(pod), pod.metadata.uid))
  const cgroups = reader.containers(path)
  if (cgroups.size === 0) return undefined
  const containers = runningContainers(pod).flatMap((status) => {
    const cgroup = cgroups.get(status.id)
    return cgroup ? [{ ...status, path: cgroup, usage: reader.usage(cgroup) }] : []
  })
  const known = new Set(containers.map(({ id }) => id))
  // The sandbox is there first and last, and never leaves its network.
  const sandbox = [...cgroups].find(([id]) => !known.has(id))?.[1] ?? containers[0]?.path
  const interfaces = pod.spec.hostNetwork || !sandbox ? undefined : reader.interfaces(sandbox)
  return { pod, path, usage: reader.usage(path), containers, ...(interfaces && { interfaces }) }
}

const runningContainers = ({ status }: Pod): Omit<ContainerSnapshot, keyof Measured>[] =>
  [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].flatMap(running)

function running({ name, state, containerID = '', image }: ContainerStatus) {
  if (!state?.running) return []
  const id = containerID.replace(/^[^:]*:\/\//, '')
  return [{ name, id, image, startedAt: Date.parse(state.running.startedAt ?? '') || 0 }]
}
