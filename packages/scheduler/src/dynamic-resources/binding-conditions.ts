import type { AllocatedDeviceStatus, DeviceRequestAllocationResult, ResourceClaim } from '@tandem/api/resource/v1/types'

/** A device said that it cannot be had on the node; or it took too long to say that it can. */
export class DeviceBindingProblem extends Error {
  readonly code = 'DEVICE_BINDING'
}

const resultsWithConditions = ({ status }: ResourceClaim): DeviceRequestAllocationResult[] =>
  (status?.allocation?.devices?.results ?? []).filter(({ bindingConditions = [] }) => bindingConditions.length > 0)

/** Does anything of the claim have to be waited for before a pod is bound? */
export const hasBindingConditions = (claim: ResourceClaim): boolean => resultsWithConditions(claim).length > 0

const statusOf = (
  { status }: ResourceClaim,
  { driver, pool, device }: DeviceRequestAllocationResult,
): AllocatedDeviceStatus | undefined =>
  status?.devices?.find((each) => each.driver === driver && each.pool === pool && each.device === device)

/** Are all its devices where they are needed? Throws DeviceBindingProblem where one failed. */
export function isReadyForBinding(claim: ResourceClaim): boolean {
  return resultsWithConditions(claim).every((result) => {
    const conditions = statusOf(claim, result)?.conditions ?? []
    const isTrue = (type: string) => conditions.find((each) => each.type === type && each.status === 'True')
    for (const type of result.bindingFailureConditions ?? []) {
      const failure = isTrue(type)
      if (!failure) continue
      const { reason, message } = failure
      throw new DeviceBindingProblem(
        `device binding failed: claim=${claim.metadata.name}, reason=${reason}, message=${JSON.stringify(message)}`,
      )
    }
    return (result.bindingConditions ?? []).every(isTrue)
  })
}

export function isBindingTimedOut(
  claim: ResourceClaim,
  { now, timeoutMs }: { now: number; timeoutMs: number },
): boolean {
  const start = claim.status?.allocation?.allocationTimestamp
  return start !== undefined && hasBindingConditions(claim) && Date.parse(start) + timeoutMs < now
}

/** Can a pod be bound with the claim, now or in a while? */
export function mayStillBind(claim: ResourceClaim, time: { now: number; timeoutMs: number }): boolean {
  try {
    return isReadyForBinding(claim) || !isBindingTimedOut(claim, time)
  } catch (error) {
    if (error instanceof DeviceBindingProblem) return false
    throw error
  }
}
