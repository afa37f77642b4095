import { pods } from '@tandem/api/core/v1/pod'
import type { PodCondition } from '@tandem/api/core/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { PodInfo } from './framework/pod-info.ts'

export interface Preemption {
  preemptor: PodInfo
  victims: readonly PodInfo[]
  now: number
}

/** Asks the victims to go: each is told why in its status first, and keeps its grace period. */
export async function evictVictims(client: Client, { preemptor, victims, now }: Preemption): Promise<void> {
  await Promise.all(
    victims
      .filter(({ pod }) => !pod.metadata.deletionTimestamp)
      .map((victim) => evict(client, { preemptor, victim, now })),
  )
}

async function evict(
  client: Client,
  { preemptor, victim, now }: { preemptor: PodInfo; victim: PodInfo; now: number },
): Promise<void> {
  const { namespace, name, uid } = victim.pod.metadata
  const scheduler = preemptor.pod.spec.schedulerName ?? 'default-scheduler'
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${scheduler}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
  }
  try {
    const body = { metadata: { uid }, status: { conditions: [condition] } }
    await client.patch(pods, { namespace, name }, { type: 'strategic', body }, { subresource: 'status' })
    await client.delete(pods, { namespace, name }, { preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
