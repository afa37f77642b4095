import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { boundByControllerAnnotation, selectedNodeAnnotation } from '@tandem/api/core/v1/volume-binding'
import type { Client } from '@tandem/client'
import type { VolumePlan } from './node-volumes.ts'

/** Writes what was decided: volumes are kept for their claims, claims name their node. Whoever binds and provisions does the rest. */
export async function startBinding(
  client: Client,
  { bindings, provisions }: VolumePlan,
  nodeName: string,
): Promise<void> {
  for (const { claim, volume } of bindings) {
    const { name, namespace, uid, resourceVersion } = claim.metadata
    // A volume that a user kept for the claim by name lacks only the UID.
    const isOurs = volume.spec.claimRef === undefined
    await client.patch(
      persistentVolumes,
      { name: volume.metadata.name },
      {
        type: 'merge',
        body: {
          metadata: {
            resourceVersion: volume.metadata.resourceVersion,
            ...(isOurs ? { annotations: { [boundByControllerAnnotation]: 'yes' } } : {}),
          },
          spec: {
            claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion },
          },
        },
      },
    )
  }
  for (const { metadata } of provisions) {
    const { name, namespace, resourceVersion } = metadata
    const body = { metadata: { resourceVersion, annotations: { [selectedNodeAnnotation]: nodeName } } }
    await client.patch(persistentVolumeClaims, { namespace, name }, { type: 'merge', body })
  }
}
