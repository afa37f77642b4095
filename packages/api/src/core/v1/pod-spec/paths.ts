import type { Container, EphemeralContainer, PodSpec } from '../types.ts'

export interface PlacedContainer {
  field: string
  container: Container | EphemeralContainer
}

/** Every container of a pod with the path it stands at: init containers, containers, ephemeral containers. */
export function containersWithPath(field: string, spec: PodSpec): PlacedContainer[] {
  const placed: PlacedContainer[] = []
  for (const list of lists)
    spec[list]?.forEach((container, i) => {
      placed.push({ field: `${field}.${list}[${i}]`, container })
    })
  return placed
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const
