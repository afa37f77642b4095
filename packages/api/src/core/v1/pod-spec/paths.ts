import type { Container, EphemeralContainer, PodSpec } from '../types.ts'

export interface PlacedContainer {
  field: string
  container: Container | EphemeralContainer
}

/** Every container of a pod with the path it stands at: init containers, containers, ephemeral containers. */
export const containersWithPath = (field: string, spec: PodSpec): PlacedContainer[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, i) => ({ field: `${field}.${list}[${i}]`, container })),
  )
