import type { StatefulSet } from '@tandem/api/apps/v1/types'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { podRevisionLabel } from '../revisions/controller-revisions.ts'

export const podNameLabel = 'statefulset.kubernetes.io/pod-name'
export const podIndexLabel = 'apps.kubernetes.io/pod-index'

const parts = ({ metadata }: Pod): { parent: string; ordinal: number } | undefined => {
  const [, parent, digits] = /^(.*)-(\d+)$/.exec(metadata.name) ?? []
  const ordinal = Number(digits)
  return parent !== undefined && ordinal < 2 ** 31 ? { parent, ordinal } : undefined
}

/** -1 for a pod whose name has none. */
export const ordinalOf = (pod: Pod): number => parts(pod)?.ordinal ?? -1

export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1
export const startOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0

export const isInRange = (pod: Pod, set: StatefulSet): boolean => {
  const index = ordinalOf(pod) - startOrdinal(set)
  return ordinalOf(pod) >= 0 && index >= 0 && index < replicasOf(set)
}

export const isMember = (pod: Pod, { metadata }: StatefulSet): boolean => parts(pod)?.parent === metadata.name

export const podNameAt = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`

export const claimNameAt = ({ metadata }: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string =>
  `${template.metadata.name}-${metadata.name}-${ordinal}`

export const claimTemplates = ({ spec }: StatefulSet): readonly PersistentVolumeClaim[] =>
  spec.volumeClaimTemplates ?? []

export const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[podRevisionLabel] ?? ''

export const hasIdentity = (pod: Pod, set: StatefulSet): boolean =>
  pod.metadata.name === podNameAt(set, ordinalOf(pod)) && pod.metadata.labels?.[podNameLabel] === pod.metadata.name

/** Does every claim template have its volume? */
export const hasStorage = (pod: Pod, set: StatefulSet): boolean =>
  claimTemplates(set).every((template) =>
    pod.spec.volumes?.some(
      ({ name, persistentVolumeClaim }) =>
        name === template.metadata.name &&
        persistentVolumeClaim?.claimName === claimNameAt(set, template, ordinalOf(pod)),
    ),
  )
