import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import type { ControllerContext } from '@tandem/controller-runtime'
import { provisionerAnnotations } from './annotations.ts'
import type { ToldEvent } from './claim-step.ts'

const none = 'kubernetes.io/no-provisioner'

/** Names the provisioner that is to make a volume for the claim, which watches for its name. */
export async function requestProvisioning(
  { client }: ControllerContext,
  claim: PersistentVolumeClaim,
  { provisioner }: StorageClass,
): Promise<ToldEvent> {
  if (provisioner === none)
    return { type: 'Warning', reason: 'ProvisioningFailed', message: `no volume plugin matched name: ${none}` }
  const annotations = { ...claim.metadata.annotations }
  if (provisionerAnnotations.some((name) => annotations[name] !== provisioner)) {
    for (const name of provisionerAnnotations) annotations[name] = provisioner
    await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } })
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  return { type: 'Normal', reason: 'ExternalProvisioning', message }
}
