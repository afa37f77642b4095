import { localPathProvisioner, removalsOf } from '@tandem/api/core/v1/local-path'
import type { Node, PersistentVolume } from '@tandem/api/core/v1/types'
import { isVolumeReachable } from '@tandem/api/core/v1/volume-binding'
import { provisionedByAnnotation } from '../volume-binding/annotations.ts'
import { removalFinalizer } from './volume-for-claim.ts'

/** What a provisioned volume needs next. */
export type RemovalStep =
  | { do: 'nothing' }
  /** The finalizer is to be there, or not: what is retained is nobody's to remove. */
  | { do: 'set-finalizer'; finalizers: string[] }
  /** Its node is to remove the directory. */
  | { do: 'request'; node: string }
  | { do: 'delete' }

export const isProvisioned = ({ metadata, spec }: PersistentVolume): boolean =>
  metadata.annotations?.[provisionedByAnnotation] === localPathProvisioner && spec.local !== undefined

export function removalStep(volume: PersistentVolume, nodes: readonly Node[]): RemovalStep {
  if (!isProvisioned(volume)) return { do: 'nothing' }
  const { deletionTimestamp, finalizers = [], name } = volume.metadata
  const isDeletable = volume.spec.persistentVolumeReclaimPolicy === 'Delete'
  const has = finalizers.includes(removalFinalizer)
  if (has && !isDeletable)
    return { do: 'set-finalizer', finalizers: finalizers.filter((one) => one !== removalFinalizer) }
  if (!has && isDeletable && !deletionTimestamp)
    return { do: 'set-finalizer', finalizers: [...finalizers, removalFinalizer] }
  if (volume.status?.phase !== 'Released' || !has) return { do: 'nothing' }
  const node = nodes.find((each) => isVolumeReachable(volume, each))
  // The disk went with the node.
  if (!node) return { do: 'delete' }
  switch (removalsOf(node).get(name)) {
    case undefined:
      return { do: 'request', node: node.metadata.name }
    case 'requested':
      return { do: 'nothing' }
    case 'done':
      return { do: 'delete' }
  }
}
