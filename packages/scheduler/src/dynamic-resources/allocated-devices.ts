import type { DeviceRequestAllocationResult, ResourceClaim } from '@tandem/api/resource/v1/types'
import { parseQuantity } from '@tandem/apimachinery'

/** A device is one in the cluster by its driver, pool and name. */
export const deviceKey = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`

/** Amounts by the name of what they are of, in billionths. */
export type Amounts = ReadonlyMap<string, bigint>

/** Which devices claims have. */
export interface AllocatedDevices {
  /** By a claim that has it for itself. */
  isTaken(device: string): boolean
  /** What claims that share it consume of it; undefined when none does. */
  shares(device: string): Amounts | undefined
}

/** With admin access a device is looked at, and not taken. */
const takenBy = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] =>
  (status?.allocation?.devices?.results ?? []).filter(({ adminAccess }) => !adminAccess)

const keyOfResult = ({ driver, pool, device }: DeviceRequestAllocationResult): string => deviceKey(driver, pool, device)

/** The devices that a claim takes: an index of claims. */
export const devicesOfClaim = (claim: ResourceClaim): readonly string[] => [...new Set(takenBy(claim).map(keyOfResult))]

/** `holders`: the claims that take a device. */
export function allocatedDevices(holders: (device: string) => readonly ResourceClaim[]): AllocatedDevices {
  const results = (device: string): DeviceRequestAllocationResult[] =>
    holders(device)
      .flatMap(takenBy)
      .filter((result) => keyOfResult(result) === device)
  return {
    isTaken: (device) => results(device).some(({ shareID }) => shareID === undefined),
    shares(device) {
      const shared = results(device).filter(({ shareID }) => shareID !== undefined)
      if (shared.length === 0) return undefined
      const sums = new Map<string, bigint>()
      for (const { consumedCapacity = {} } of shared)
        for (const [name, amount] of Object.entries(consumedCapacity))
          sums.set(name, (sums.get(name) ?? 0n) + parseQuantity(amount).nanos)
      return sums
    },
  }
}
