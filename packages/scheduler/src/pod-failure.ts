import { pods } from '@tandem/api/core/v1/pod'
import { setPodCondition } from '@tandem/api/core/v1/pod-conditions'
import type { Pod, PodCondition, PodStatus } from '@tandem/api/core/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'

export interface PodFailure {
  pod: Pod
  reason: 'Unschedulable' | 'SchedulerError'
  message: string
  /** Empty to take an earlier one back; undefined to leave it as it is. */
  nominatedNodeName?: string | undefined
}

/** The status to write, or undefined when the pod already says so. */
export function failureStatus(
  { pod, reason, message, nominatedNodeName }: PodFailure,
  now: number,
): Partial<PodStatus> | undefined {
  const old = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const wanted: PodCondition = { type: 'PodScheduled', status: 'False', reason, message }
  const isSaid = old?.status === 'False' && old.reason === reason && old.message === message
  const isNominated = nominatedNodeName === undefined || (pod.status?.nominatedNodeName ?? '') === nominatedNodeName
  if (isSaid && isNominated) return undefined
  const status: PodStatus = { conditions: old ? [old] : [] }
  setPodCondition(
    status,
    { ...wanted, ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}) },
    now,
  )
  return { ...status, ...(isNominated ? {} : { nominatedNodeName }) }
}

/** Room that was made for the pod goes to a more important one. */
export async function withdrawNomination(client: Client, { metadata }: Pod): Promise<void> {
  const { namespace, name, uid } = metadata
  const body = { metadata: { uid }, status: { nominatedNodeName: null } }
  await unlessGone(client.patch(pods, { namespace, name }, { type: 'merge', body }, { subresource: 'status' }))
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Says in the pod's status why it does not run. A pod that is gone needs no telling. */
export async function writeFailure(client: Client, failure: PodFailure, now: number): Promise<void> {
  const status = failureStatus(failure, now)
  if (!status) return
  const { namespace, name } = failure.pod.metadata
  const body = { metadata: { uid: failure.pod.metadata.uid }, status }
  await unlessGone(client.patch(pods, { namespace, name }, { type: 'strategic', body }, { subresource: 'status' }))
}
