import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { isConflict, isNotFound, type KubernetesObject, keyOf } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { isNamespaceTerminating, messageOf } from '../failure.ts'
import type { SlicePlan } from './plan-slices.ts'
import type { SliceTracker } from './slice-tracker.ts'

export interface SliceWriting {
  owner: KubernetesObject
  tracker: SliceTracker
  context: ControllerContext
}

/** What is new comes before what is old goes, so that no endpoint is missing in between. */
export async function writeSlices(plan: SlicePlan, { owner, tracker, context }: SliceWriting): Promise<void> {
  const { client, recorder } = context
  const key = keyOf(owner.metadata)
  try {
    for (const slice of plan.create) tracker.wrote(key, await client.create(endpointSlices, slice))
    for (const slice of plan.update) tracker.wrote(key, await client.update(endpointSlices, slice))
    for (const slice of plan.delete) {
      tracker.deleted(key, slice)
      await client.delete(endpointSlices, slice.metadata).catch((error: unknown) => {
        tracker.sawDeletion(key, slice)
        if (!isNotFound(error)) throw error
      })
    }
  } catch (error) {
    // What stands in a namespace that ends goes with it.
    if (isNamespaceTerminating(error)) return
    if (isConflict(error)) throw error
    const message = `Error updating Endpoint Slices for ${owner.kind} ${key}: ${messageOf(error)}`
    recorder.record({ object: owner, type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message })
    throw error
  }
}
