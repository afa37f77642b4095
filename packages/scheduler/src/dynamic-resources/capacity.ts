import type {
  CapacityRequestPolicy,
  CapacityRequestPolicyRange,
  Device,
  DeviceCapacity,
} from '@tandem/api/resource/v1/types'
import { compareQuantities, parseQuantity, type Quantity, quantityOfValue, quantityValue } from '@tandem/apimachinery'
import type { Amounts } from './allocated-devices.ts'

export type Consumption = ReadonlyMap<string, Quantity>

/**
 * What a request consumes of a device's capacities, each rounded up to what the device gives. Undefined when the device does not have
 * what is asked for, or does not give so much at once.
 */
export function consumptionOf({ capacity = {} }: Device, requests: Record<string, string>): Consumption | undefined {
  if (Object.keys(requests).some((name) => !(name in capacity))) return undefined
  const consumption = new Map<string, Quantity>()
  for (const [name, offered] of Object.entries(capacity)) {
    const consumed = roundedUp(requests[name], offered)
    if (isAgainstPolicy(consumed, offered.requestPolicy)) return undefined
    consumption.set(name, consumed)
  }
  return consumption
}

/** Is there room for it beside what others consume? */
export const hasRoom = (
  { capacity = {} }: Device,
  consumption: Consumption,
  others: readonly (Amounts | undefined)[],
) =>
  [...consumption].every(([name, { nanos }]) => {
    const used = others.reduce((sum, amounts) => sum + (amounts?.get(name) ?? 0n), nanos)
    return used <= parseQuantity(capacity[name]?.value ?? '0').nanos
  })

function roundedUp(request: string | undefined, { value, requestPolicy }: DeviceCapacity): Quantity {
  if (request === undefined) return parseQuantity(requestPolicy?.default ?? value)
  const wanted = parseQuantity(request)
  const { validRange, validValues } = requestPolicy ?? {}
  if (validRange?.min !== undefined) return inRange(wanted, validRange)
  const fitting = validValues?.find((valid) => compareQuantities(wanted, valid) <= 0)
  return fitting === undefined ? wanted : parseQuantity(fitting)
}

function inRange(wanted: Quantity, { min, step }: CapacityRequestPolicyRange): Quantity {
  if (compareQuantities(wanted, min) < 0) return parseQuantity(min)
  if (step === undefined) return wanted
  const [from, by] = [quantityValue(min), quantityValue(step)]
  return quantityOfValue(from + Math.ceil((quantityValue(wanted) - from) / by) * by, 'BinarySI')
}

function isAgainstPolicy(consumed: Quantity, policy: CapacityRequestPolicy | undefined): boolean {
  if (!policy) return false
  const { default: usual, validRange, validValues = [] } = policy
  if (usual !== undefined && compareQuantities(consumed, usual) === 0) return false
  if (validRange) {
    const { min, max, step } = validRange
    if (max !== undefined && compareQuantities(consumed, max) > 0) return true
    return step !== undefined && (quantityValue(consumed) - quantityValue(min)) % quantityValue(step) !== 0
  }
  return validValues.length > 0 && !validValues.some((valid) => compareQuantities(valid, consumed) === 0)
}
