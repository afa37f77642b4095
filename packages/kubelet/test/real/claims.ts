import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { PersistentVolumeClaim, PersistentVolumeSpec } from '@tandem/api/core/v1/types'
import type { Client } from '@tandem/client'

export interface BoundClaim {
  name: string
  volumeName?: string
  spec: PersistentVolumeSpec
  accessModes?: ('ReadWriteOnce' | 'ReadWriteOncePod')[]
  owner?: { name: string; uid: string }
}

/** A claim with its volume, as they are when the binder has brought them together: there is none here. */
export async function createBoundClaim(client: Client, claim: BoundClaim): Promise<void> {
  const { name, volumeName = `pv-${name}`, spec, accessModes = ['ReadWriteOnce'], owner } = claim
  const created = await client.create(persistentVolumeClaims, {
    metadata: {
      name,
      namespace: 'default',
      ...(owner && { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', controller: true, ...owner }] }),
    },
    spec: { accessModes, resources: { requests: { storage: '1Gi' } }, volumeName, storageClassName: '' },
  })
  await bindClaim(client, created, { volumeName, spec })
}

/** What the binder does once there is a volume. */
export async function bindClaim(
  client: Client,
  claim: PersistentVolumeClaim,
  { volumeName, spec }: { volumeName: string; spec: PersistentVolumeSpec },
): Promise<void> {
  const { namespace = '', name, uid } = claim.metadata
  const { accessModes = [] } = claim.spec
  const capacity = { storage: '1Gi' }
  await client.create(persistentVolumes, {
    metadata: { name: volumeName },
    spec: { capacity, accessModes, claimRef: { namespace, name, uid }, ...spec },
  })
  const named = claim.spec.volumeName
    ? claim
    : await client.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, volumeName } })
  const status = { phase: 'Bound' as const, accessModes, capacity }
  await client.update(persistentVolumeClaims, { ...named, status }, { subresource: 'status' })
}

export const onNode = (name: string): NonNullable<PersistentVolumeSpec['nodeAffinity']> => ({
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }],
  },
})
