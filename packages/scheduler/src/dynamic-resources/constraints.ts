import type { Device, DeviceAttribute, DeviceConstraint } from '@tandem/api/resource/v1/types'

/** A device that is being chosen, and for what. */
export interface Choice {
  /** `request`, or `request/subrequest`. */
  request: string
  driver: string
  device: Device
}

/** Asks the same, or different, of all devices that are chosen for certain requests. */
export interface Constraint {
  /** Takes the device into account, if it agrees with those before it. Returns whether it does. */
  add(choice: Choice): boolean
  /** Takes the device last added out again. */
  remove(choice: Choice): void
}

/** Undefined where the constraint is of a kind that is not known. */
export function constraintOf({
  requests = [],
  matchAttribute,
  distinctAttribute,
}: DeviceConstraint): Constraint | undefined {
  const attribute = matchAttribute ?? distinctAttribute
  if (attribute === undefined) return undefined
  const wanted = new Set(requests)
  const concerns = (request: string): boolean =>
    wanted.size === 0 || wanted.has(request) || wanted.has(request.split('/', 1)[0] ?? '')
  const agrees = matchAttribute === undefined ? differs : isSame
  const values: string[] = []
  return {
    add({ request, driver, device }) {
      if (!concerns(request)) return true
      const value = typedValueOf(attributeOf(device, driver, attribute))
      if (value === undefined || !agrees(value, values)) return false
      values.push(value)
      return true
    },
    remove({ request }) {
      if (concerns(request)) values.pop()
    },
  }
}

const isSame = (value: string, others: readonly string[]): boolean => others.every((other) => other === value)
const differs = (value: string, others: readonly string[]): boolean => !others.includes(value)

/** By its full name, or by the part after the domain where the domain is the driver's. */
function attributeOf({ attributes = {} }: Device, driver: string, name: string): DeviceAttribute | undefined {
  const slash = name.indexOf('/')
  const own = slash > 0 && name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined
  return attributes[name] ?? own
}

/** With its type: the number 1 is not the text "1". Lists are not compared. */
function typedValueOf(attribute: DeviceAttribute | undefined): string | undefined {
  const types = ['string', 'int', 'bool', 'version'] as const
  const type = types.find((each) => attribute?.[each] !== undefined)
  return type && `${type} ${attribute?.[type]}`
}
