import { isIP } from 'node:net'
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  semanticallyEqual,
  tooLong,
  tooMany,
} from '@tandem/apimachinery'
import ipaddr from 'ipaddr.js'
import { immutable, oneOf } from '../../core/v1/field-checks.ts'
import { validateNodeSelector } from '../../core/v1/node-selector.ts'
import { validateConditions } from '../../meta/v1/condition.ts'
import { validateBindingConditions } from './binding-conditions.ts'
import { validateBounded } from './bounded.ts'
import { maxConfigurations } from './claim-spec.ts'
import { validateConfiguration, validateRawObject } from './device-configuration.ts'
import { validateDriverName, validatePoolName, validateShareId, validateShortName } from './device-names.ts'
import { maxRequests, requestNames, validateRequestReference, validateRequestReferences } from './request-names.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from './types.ts'

const maxConsumers = 256
const maxDeviceConditions = 8
const maxDeviceData = 10 * 1024

/** One device, or a share of one. */
export const deviceId = (device: { driver: string; pool: string; device: string; shareID?: string }): string =>
  [device.driver, device.pool, device.device, ...(device.shareID ? [device.shareID] : [])].join('/')

const allocatedIds = (allocation: AllocationResult | undefined): Set<string> =>
  new Set((allocation?.devices?.results ?? []).map(deviceId))

/** What is told of devices that are no longer the claim's goes with them. */
export function dropReleasedDevices({ status }: ResourceClaim, old: ResourceClaim): void {
  if (!status?.devices) return
  const released = allocatedIds(old.status?.allocation)
  for (const id of allocatedIds(status.allocation)) released.delete(id)
  const kept = status.devices.filter((device) => !released.has(deviceId(device)))
  if (kept.length > 0) status.devices = kept
  else delete status.devices
}

export function validateClaimStatus({ metadata, spec, status = {} }: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { allocation, reservedFor = [] } = status
  const before = old.status ?? {}
  const known = requestNames(spec.devices ?? {})
  const errors = [
    ...validateBounded('status.reservedFor', reservedFor, {
      max: maxConsumers,
      validate: validateConsumer,
      key: ({ uid }) => uid,
    }),
    ...validateBounded('status.devices', status.devices, {
      max: Number.POSITIVE_INFINITY,
      validate: (field, device) => validateDeviceStatus(field, device, allocatedIds(allocation)),
      key: deviceId,
    }),
  ]
  if (reservedFor.length > 0 && !allocation)
    errors.push(forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set'))
  const isNew = (consumer: ResourceClaimConsumerReference) =>
    !(before.reservedFor ?? []).some((known) => semanticallyEqual(known, consumer))
  if (allocation && metadata.deletionTimestamp && reservedFor.some(isNew))
    errors.push(
      forbiddenField(
        'status.reservedFor',
        'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
      ),
    )
  if (!allocation) return errors
  return [
    ...errors,
    ...(before.allocation
      ? immutable('status.allocation', allocation, before.allocation)
      : validateAllocation('status.allocation', allocation, known)),
  ]
}

const validateConsumer = (field: string, consumer: ResourceClaimConsumerReference): FieldError[] =>
  (['resource', 'name', 'uid'] as const).flatMap((name) => (consumer[name] ? [] : [required(`${field}.${name}`)]))

function validateAllocation(
  field: string,
  { devices = {}, nodeSelector }: AllocationResult,
  known: ReadonlySet<string>,
): FieldError[] {
  return [
    ...validateBounded(`${field}.devices.results`, devices.results, {
      max: maxRequests,
      validate: (at, result) => validateResult(at, result, known),
    }),
    ...validateBounded(`${field}.devices.config`, devices.config, {
      max: 2 * maxConfigurations,
      validate: (at, configuration) => [
        ...oneOf(`${at}.source`, configuration.source, ['FromClaim', 'FromClass']),
        ...validateRequestReferences(`${at}.requests`, configuration.requests, known),
        ...validateConfiguration(at, configuration),
      ],
    }),
    ...(nodeSelector ? validateNodeSelector(`${field}.nodeSelector`, nodeSelector) : []),
  ]
}

const validateResult = (
  field: string,
  result: DeviceRequestAllocationResult,
  known: ReadonlySet<string>,
): FieldError[] => [
  ...validateRequestReference(`${field}.request`, result.request, known),
  ...validateDriverName(`${field}.driver`, result.driver),
  ...validatePoolName(`${field}.pool`, result.pool),
  ...validateShortName(`${field}.device`, result.device),
  ...validateBindingConditions(field, result),
  ...validateShareId(`${field}.shareID`, result.shareID),
]

function validateDeviceStatus(
  field: string,
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
): FieldError[] {
  const { conditions = [], data, networkData } = device
  return [
    ...validateDriverName(`${field}.driver`, device.driver),
    ...validatePoolName(`${field}.pool`, device.pool),
    ...validateShortName(`${field}.device`, device.device),
    ...validateShareId(`${field}.shareID`, device.shareID),
    ...(allocated.has(deviceId(device))
      ? []
      : [invalidValue(field, deviceId(device), 'must be an allocated device in the claim')]),
    ...(conditions.length > maxDeviceConditions
      ? [tooMany(`${field}.conditions`, conditions.length, maxDeviceConditions)]
      : []),
    ...validateConditions(`${field}.conditions`, conditions),
    ...(data === undefined ? [] : validateRawObject(`${field}.data`, data, maxDeviceData)),
    ...(networkData ? validateNetworkData(`${field}.networkData`, networkData) : []),
  ]
}

const validateNetworkData = (
  field: string,
  { interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData,
): FieldError[] => [
  ...(Buffer.byteLength(interfaceName) > 256 ? [tooLong(`${field}.interfaceName`, 256)] : []),
  ...(Buffer.byteLength(hardwareAddress) > 128 ? [tooLong(`${field}.hardwareAddress`, 128)] : []),
  ...validateBounded(`${field}.ips`, ips, { max: 16, validate: validateInterfaceAddress, key: (address) => address }),
]

/** An address with the length of its network's prefix, as it is printed canonically. */
function validateInterfaceAddress(field: string, value: string): FieldError[] {
  const [address = '', length = '', ...rest] = value.split('/')
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
  if (!bits || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits)
    return [invalidValue(field, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  const canonical = `${ipaddr.parse(address).toString()}/${Number(length)}`
  return value === canonical ? [] : [invalidValue(field, value, `must be in canonical form ("${canonical}")`)]
}
