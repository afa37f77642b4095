import type { Pod } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import type { Handle } from '../framework/plugin.ts'
import { DeviceBindingProblem, isBindingTimedOut, isReadyForBinding } from './binding-conditions.ts'

export interface Wait {
  pod: Pod
  nodeName: string
  claims: readonly ResourceClaim[]
  timeoutMs: number
}

/** Resolves when all devices of the claims are on the node. Throws where one will not be. */
export async function untilReady(handle: Handle, { pod, nodeName, claims, timeoutMs }: Wait): Promise<void> {
  handle.recorder.record({
    object: pod,
    type: 'Normal',
    reason: 'BindingConditionsPending',
    action: 'Scheduling',
    message: `waiting for binding conditions for device on node ${nodeName}`,
  })
  await handle.objects.until({
    resources: [resourceClaims],
    timeoutMs,
    problem: `device binding timeout: ${claims.map(({ metadata }) => `claim=${metadata.name}`).join(', ')}`,
    check: () => claims.every((claim) => isReadyNow(handle, claim, timeoutMs)),
  })
}

function isReadyNow({ objects, clock }: Handle, { metadata }: ResourceClaim, timeoutMs: number): boolean {
  const claim = objects.get(resourceClaims, metadata)
  if (!claim) throw new Error(`resourceclaim.resource.k8s.io "${metadata.name}" not found`)
  // What was written just now may not be known yet.
  if (!claim.status?.allocation) return false
  if (isReadyForBinding(claim)) return true
  if (isBindingTimedOut(claim, { now: clock.now(), timeoutMs }))
    throw new DeviceBindingProblem(`device binding timeout: claim=${metadata.name}`)
  return false
}
