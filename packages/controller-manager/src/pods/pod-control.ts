import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { isNotFound, type KubernetesObject, type New } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { isNamespaceTerminating, messageOf } from '../failure.ts'

/** Makes a pod and tells of it. Where a namespace ends nothing can be made, and nothing has to be: then there is no pod. */
export async function createPod(
  { client, recorder }: ControllerContext,
  { owner, pod }: { owner: KubernetesObject; pod: New<Pod> },
): Promise<Pod | undefined> {
  try {
    const created = await client.create(pods, pod)
    const message = `Created pod: ${created.metadata.name}`
    recorder.record({ object: owner, type: 'Normal', reason: 'SuccessfulCreate', message })
    return created
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined
    const message = `Error creating: ${messageOf(error)}`
    recorder.record({ object: owner, type: 'Warning', reason: 'FailedCreate', message })
    throw error
  }
}

/** Deletes a pod and tells of it; answers whether it was there. */
export async function deletePod(
  { client, recorder }: ControllerContext,
  { owner, pod }: { owner: KubernetesObject; pod: Pod },
): Promise<boolean> {
  const { namespace, name } = pod.metadata
  try {
    await client.delete(pods, { namespace, name })
    recorder.record({ object: owner, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    const message = `Error deleting: ${messageOf(error)}`
    recorder.record({ object: owner, type: 'Warning', reason: 'FailedDelete', message })
    throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error })
  }
}
