import type { Device } from '@tandem/api/resource/v1/types'
import { parseQuantity } from '@tandem/apimachinery'
import { type AllocatedDevices, deviceKey } from './allocated-devices.ts'
import { devicesOf, type Pool } from './pools.ts'

/** What is left of the counters that the devices of a pool share: partitions of one card, for example. */
export class PoolCounters {
  readonly #left = new Map<string, bigint>()

  constructor({ counterSets, slices, otherSlices }: Pool, allocated: AllocatedDevices) {
    for (const { name, counters } of counterSets.values())
      for (const [counter, { value }] of Object.entries(counters))
        this.#left.set(counterKey(name, counter), parseQuantity(value).nanos)
    for (const slice of [...slices, ...otherSlices])
      for (const device of devicesOf(slice)) {
        const key = deviceKey(slice.spec.driver, slice.spec.pool.name, device.name)
        if (allocated.isTaken(key) || allocated.shares(key)) this.#add(device, -1n)
      }
  }

  /** Takes what the device consumes, if there is as much. Returns whether there was. */
  take(device: Device): boolean {
    this.#add(device, -1n)
    const isEnough = [...consumed(device)].every(([key]) => (this.#left.get(key) ?? 0n) >= 0n)
    if (!isEnough) this.giveBack(device)
    return isEnough
  }

  giveBack(device: Device): void {
    this.#add(device, 1n)
  }

  #add(device: Device, factor: bigint): void {
    for (const [key, amount] of consumed(device)) this.#left.set(key, (this.#left.get(key) ?? 0n) + factor * amount)
  }
}

const counterKey = (set: string, counter: string): string => `${set}/${counter}`

function* consumed({ consumesCounters = [] }: Device): Generator<[key: string, amount: bigint]> {
  for (const { counterSet, counters } of consumesCounters)
    for (const [counter, { value }] of Object.entries(counters))
      yield [counterKey(counterSet, counter), parseQuantity(value).nanos]
}
