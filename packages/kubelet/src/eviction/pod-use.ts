import type { Pod } from '@tandem/api/core/v1/types'

/** What a directory takes of a disk. */
export interface DiskUse {
  bytes: number
  inodes: number
}

export interface ContainerUse {
  name: string
  memoryBytes: number
  /** Absent where nobody has measured it. */
  writableLayer?: DiskUse
  logs?: DiskUse
}

export interface PodUse {
  memoryBytes: number
  processes: number
  containers: readonly ContainerUse[]
  /** Volumes that lie on the node's own disk, or in its memory, by name. */
  volumes: ReadonlyMap<string, DiskUse>
}

export type PodUses = ReadonlyMap<string, PodUse>

/** What of a pod lies on which file system. */
export type DiskPart = 'writableLayers' | 'logs' | 'volumes'

const none: DiskUse = { bytes: 0, inodes: 0 }

export function diskUseOf({ containers, volumes }: PodUse, pod: Pod, parts: readonly DiskPart[]): DiskUse {
  const measured: DiskUse[] = [
    ...(parts.includes('writableLayers') ? containers.map(({ writableLayer }) => writableLayer ?? none) : []),
    ...(parts.includes('logs') ? containers.map(({ logs }) => logs ?? none) : []),
    ...(parts.includes('volumes') ? localVolumes(pod).map((name) => volumes.get(name) ?? none) : []),
  ]
  return {
    bytes: measured.reduce((sum, { bytes }) => sum + bytes, 0),
    inodes: measured.reduce((sum, { inodes }) => sum + inodes, 0),
  }
}

/** Memory is no disk: an emptyDir in it counts against the pod's memory. */
const localVolumes = ({ spec }: Pod): string[] =>
  (spec.volumes ?? [])
    .filter((volume) => volume.emptyDir?.medium !== 'Memory' && (volume.emptyDir ?? volume.configMap))
    .map(({ name }) => name)
