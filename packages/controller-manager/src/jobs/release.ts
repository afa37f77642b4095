import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { isTracked, trackingFinalizer } from './job-pods.ts'

/** Lets a pod go that was counted, or that nobody counts. */
export async function releasePod(client: Client, pod: Pod): Promise<void> {
  if (!isTracked(pod)) return
  const { namespace, name } = pod.metadata
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }
  try {
    await client.patch(pods, { namespace, name }, { type: 'strategic', body })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
