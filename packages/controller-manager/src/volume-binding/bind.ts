import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus } from '@tandem/api/core/v1/types'
import { bindCompletedAnnotation, boundByControllerAnnotation, isKeptFor } from '@tandem/api/core/v1/volume-binding'
import { equalJson } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'

/** The volume as it should be when it is the claim's; the same one where it is so already. */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const { claimRef } = volume.spec
  const kept = isKeptFor(volume, claim)
  const annotations = volume.metadata.annotations ?? {}
  if (kept && claimRef?.uid === uid) return volume
  return {
    ...volume,
    metadata: {
      ...volume.metadata,
      // Where it was kept by hand, it stays so when the claim goes.
      ...(!kept && { annotations: { ...annotations, [boundByControllerAnnotation]: 'yes' } }),
    },
    spec: {
      ...volume.spec,
      claimRef: {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        ...(namespace && { namespace }),
        name,
        uid,
        ...(resourceVersion && { resourceVersion }),
      },
    },
  }
}

export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const annotations = claim.metadata.annotations ?? {}
  const isNamed = claim.spec.volumeName === volume.metadata.name
  if (isNamed && annotations[bindCompletedAnnotation] !== undefined) return claim
  return {
    ...claim,
    metadata: {
      ...claim.metadata,
      annotations: {
        ...annotations,
        ...(!isNamed && { [boundByControllerAnnotation]: 'yes' }),
        [bindCompletedAnnotation]: annotations[bindCompletedAnnotation] ?? 'yes',
      },
    },
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  }
}

export function boundStatus(
  { status }: PersistentVolumeClaim,
  { spec }: PersistentVolume,
): PersistentVolumeClaimStatus {
  const { storage } = spec.capacity ?? {}
  // Once it is bound, whoever expands it tells its size.
  const capacity = status?.phase === 'Bound' ? status.capacity : storage !== undefined ? { storage } : undefined
  return {
    ...status,
    phase: 'Bound',
    ...(spec.accessModes && { accessModes: [...spec.accessModes] }),
    ...(capacity && { capacity }),
    ...(spec.volumeAttributesClassName && { currentVolumeAttributesClassName: spec.volumeAttributesClassName }),
  }
}

/** Four writes; what stops in between goes on from there. */
export async function bind(client: Client, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
  const wantedVolume = boundVolume(volume, claim)
  const kept = wantedVolume === volume ? volume : await client.update(persistentVolumes, wantedVolume)
  await setVolumePhase(client, kept, { phase: 'Bound' })
  const wantedClaim = boundClaim(claim, kept)
  const written = wantedClaim === claim ? claim : await client.update(persistentVolumeClaims, wantedClaim)
  const status = boundStatus(written, kept)
  if (!equalJson(status, written.status))
    await client.update(persistentVolumeClaims, { ...written, status }, { subresource: 'status' })
}

export async function setVolumePhase(
  client: Client,
  volume: PersistentVolume,
  { phase, message }: { phase: 'Available' | 'Bound' | 'Released' | 'Failed'; message?: string },
): Promise<PersistentVolume> {
  if (volume.status?.phase === phase) return volume
  const { message: _message, reason: _reason, ...before } = volume.status ?? {}
  const status = { ...before, phase, ...(message && { message }) }
  return client.update(persistentVolumes, { ...volume, status }, { subresource: 'status' })
}

export async function setClaimPhase(
  client: Client,
  claim: PersistentVolumeClaim,
  phase: 'Pending' | 'Lost',
): Promise<boolean> {
  if (claim.status?.phase === phase) return false
  const status = { ...claim.status, phase }
  await client.update(persistentVolumeClaims, { ...claim, status }, { subresource: 'status' })
  return true
}
