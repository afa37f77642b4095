import { containerResourceValue, podFieldValue } from '@tandem/api/core/v1/downward-api'
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from '@tandem/api/core/v1/types'
import type { ProjectedFile } from './atomic-writer.ts'

/** Something a volume is made of is missing. */
export class ProjectionError extends Error {
  readonly code = 'Projection'
}

export interface Selection {
  items?: readonly KeyToPath[] | undefined
  defaultMode: number
  optional: boolean
}

export type ProjectedFiles = Map<string, ProjectedFile>

export const configMapFiles = (configMap: ConfigMap, selection: Selection): ProjectedFiles =>
  selectFiles(
    new Map([
      ...Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const),
      ...Object.entries(configMap.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
    ]),
    selection,
  )

export const secretFiles = (secret: Secret, selection: Selection): ProjectedFiles =>
  selectFiles(
    new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const)),
    selection,
  )

function selectFiles(
  content: ReadonlyMap<string, Buffer>,
  { items, defaultMode, optional }: Selection,
): ProjectedFiles {
  if (!items || items.length === 0)
    return new Map([...content].map(([key, value]) => [key, { content: value, mode: defaultMode }]))
  const files: ProjectedFiles = new Map()
  for (const { key, path, mode } of items) {
    const value = content.get(key)
    if (value) files.set(path, { content: value, mode: mode ?? defaultMode })
    else if (!optional) throw new ProjectionError(`references non-existent config key: ${key}`)
  }
  return files
}

export function downwardFiles(options: {
  pod: Pod
  items: readonly DownwardAPIVolumeFile[]
  defaultMode: number
  allocatable: Readonly<Record<string, string>>
}): ProjectedFiles {
  const { pod, items, defaultMode, allocatable } = options
  const files: ProjectedFiles = new Map()
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    let value = ''
    if (fieldRef) value = podFieldValue(pod, fieldRef.fieldPath)
    else if (resourceFieldRef) {
      const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
      const container = containers.find(({ name }) => name === resourceFieldRef.containerName)
      if (!container) throw new ProjectionError(`container ${resourceFieldRef.containerName} not found`)
      value = containerResourceValue(container, resourceFieldRef, allocatable)
    }
    files.set(path, { content: Buffer.from(value), mode: mode ?? defaultMode })
  }
  return files
}

/** Who may read the files beside root: those of the pod's fsGroup. */
export const modeWithGroup = (mode: number, fsGroup: number | undefined): number =>
  fsGroup === undefined ? mode : mode | 0o440

export const defaultFileMode = 0o644
