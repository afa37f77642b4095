import { podRequests } from '@tandem/api/core/v1/pod-resources'
import { parseResourceList } from '@tandem/api/core/v1/resource-list'
import type { Pod } from '@tandem/api/core/v1/types'
import { type Quantity, quantityMilliValue, quantityValue } from '@tandem/apimachinery'

/** Amounts as numbers, for arithmetic in the inner loop: CPU in thousandths, everything else in whole units. */
export interface ResourceAmounts {
  milliCPU: number
  memory: number
  ephemeralStorage: number
  /** Extended resources and huge pages. */
  scalar: Map<string, number>
}

export const noResources = (): ResourceAmounts => ({ milliCPU: 0, memory: 0, ephemeralStorage: 0, scalar: new Map() })

/** What a container that requests nothing is taken to need, where nodes are scored: no pod is free. */
export const defaultMilliCPURequest = 100
export const defaultMemoryRequest = 200 * 1024 * 1024

export function amountsOf(resources: ReadonlyMap<string, Quantity>): ResourceAmounts {
  const amounts = noResources()
  for (const [name, quantity] of resources) {
    if (name === 'cpu') amounts.milliCPU = quantityMilliValue(quantity)
    else if (name === 'memory') amounts.memory = quantityValue(quantity)
    else if (name === 'ephemeral-storage') amounts.ephemeralStorage = quantityValue(quantity)
    else if (name !== 'pods') amounts.scalar.set(name, quantityValue(quantity))
  }
  return amounts
}

export const listAmounts = (list: Readonly<Record<string, string>> | undefined): ResourceAmounts =>
  amountsOf(parseResourceList(list))

export const podAmounts = (pod: Pod): ResourceAmounts => amountsOf(podRequests(pod, { resizes: 'counted' }))

export const podNonZeroAmounts = (pod: Pod): ResourceAmounts =>
  amountsOf(
    podRequests(pod, {
      resizes: 'counted',
      nonMissing: { cpu: `${defaultMilliCPURequest}m`, memory: String(defaultMemoryRequest) },
    }),
  )

/** Adds to `sum` in place; `sign` -1 takes away. */
export function addAmounts(sum: ResourceAmounts, more: ResourceAmounts, sign: 1 | -1 = 1): void {
  sum.milliCPU += sign * more.milliCPU
  sum.memory += sign * more.memory
  sum.ephemeralStorage += sign * more.ephemeralStorage
  for (const [name, amount] of more.scalar) sum.scalar.set(name, (sum.scalar.get(name) ?? 0) + sign * amount)
}

export const amountOf = (amounts: ResourceAmounts, name: string): number =>
  name === 'cpu'
    ? amounts.milliCPU
    : name === 'memory'
      ? amounts.memory
      : name === 'ephemeral-storage'
        ? amounts.ephemeralStorage
        : (amounts.scalar.get(name) ?? 0)
