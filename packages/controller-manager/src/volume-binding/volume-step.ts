import type { PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import { boundByControllerAnnotation } from '@tandem/api/core/v1/volume-binding'
import { provisionedByAnnotation } from './annotations.ts'
import { hasOtherMode } from './mismatch.ts'

/** What a volume needs next. */
export type VolumeStep =
  | { do: 'phase'; phase: 'Available' | 'Bound' }
  /** Its claim is to be looked at. */
  | { do: 'sync-claim' }
  | { do: 'mismatch' }
  | { do: 'release' }
  /** Free for others, or for whom it was kept by hand. */
  | { do: 'unbind' }

/** `claim` is the one that the volume says it is bound to, by name and uid, if it is still there. */
export function volumeStep(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeStep {
  if (!volume.spec.claimRef?.uid) return { do: 'phase', phase: 'Available' }
  if (!claim) return { do: 'release' }
  if (!claim.spec.volumeName) return hasOtherMode(volume, claim) ? { do: 'mismatch' } : { do: 'sync-claim' }
  if (claim.spec.volumeName === volume.metadata.name) return { do: 'phase', phase: 'Bound' }
  const isProvisioned = volume.metadata.annotations?.[provisionedByAnnotation] !== undefined
  return isProvisioned && volume.spec.persistentVolumeReclaimPolicy === 'Delete' ? { do: 'release' } : { do: 'unbind' }
}

/** What becomes of a volume that was released. Whoever provisioned it deletes it. */
export function reclaimFailure({ metadata, spec }: PersistentVolume): { reason: string; message: string } | undefined {
  switch (spec.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return undefined
    case 'Recycle':
      return { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' }
    case 'Delete': {
      if (metadata.annotations?.[provisionedByAnnotation] !== undefined || spec.csi) return undefined
      const message = `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`
      return { reason: 'VolumeFailedDelete', message }
    }
    default:
      return {
        reason: 'VolumeUnknownReclaimPolicy',
        message: 'Volume has an unrecognized PersistentVolumeReclaimPolicy',
      }
  }
}

export function unbound(volume: PersistentVolume): PersistentVolume {
  const { [boundByControllerAnnotation]: byController, ...annotations } = volume.metadata.annotations ?? {}
  const { claimRef, ...spec } = volume.spec
  if (byController !== undefined) return { ...volume, metadata: { ...volume.metadata, annotations }, spec }
  const { uid: _uid, resourceVersion: _version, ...kept } = claimRef ?? {}
  return { ...volume, spec: { ...spec, claimRef: kept } }
}
