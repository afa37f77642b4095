import { type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { dns1123Subdomain } from '../../core/v1/field-checks.ts'
import { validateBounded } from './bounded.ts'
import { validateConfiguration } from './device-configuration.ts'
import { validateFullyQualifiedName, validateShortName } from './device-names.ts'
import { validateSelectors } from './device-selector.ts'
import { validateToleration } from './device-taint.ts'
import { maxRequests, requestNames, validateRequestReferences } from './request-names.ts'
import type {
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from './types.ts'

const maxConstraints = 32
export const maxConfigurations = 32
const maxAlternatives = 8
const modes = ['All', 'ExactCount']

export function defaultClaimSpec(spec: ResourceClaimSpec): void {
  spec.devices ??= {}
  for (const { exactly, firstAvailable = [] } of spec.devices.requests ?? [])
    for (const request of exactly ? [exactly, ...firstAvailable] : firstAvailable) {
      request.allocationMode ||= 'ExactCount'
      if (request.allocationMode === 'ExactCount') request.count ||= 1
    }
}

export function validateClaimSpec(field: string, { devices = {} }: ResourceClaimSpec): FieldError[] {
  const at = `${field}.devices`
  const known = requestNames(devices)
  return [
    ...validateBounded(`${at}.requests`, devices.requests, {
      max: maxRequests,
      validate: validateRequest,
      key: ({ name }) => name,
    }),
    ...validateBounded(`${at}.constraints`, devices.constraints, {
      max: maxConstraints,
      validate: (each, constraint) => validateConstraint(each, constraint, known),
    }),
    ...validateBounded(`${at}.config`, devices.config, {
      max: maxConfigurations,
      validate: (each, configuration) => [
        ...validateRequestReferences(`${each}.requests`, configuration.requests, known),
        ...validateConfiguration(each, configuration),
      ],
    }),
  ]
}

function validateRequest(field: string, { name, exactly, firstAvailable = [] }: DeviceRequest): FieldError[] {
  const errors = validateShortName(`${field}.name`, name)
  const one = 'exactly one of `exactly` or `firstAvailable` is required'
  if (exactly && firstAvailable.length > 0)
    return [...errors, invalidValue(field, null, `${one}, but multiple fields are set`)]
  if (exactly) return [...errors, ...validateDevices(`${field}.exactly`, exactly)]
  if (firstAvailable.length === 0) return [...errors, required(field, one)]
  return [
    ...errors,
    ...validateBounded(`${field}.firstAvailable`, firstAvailable, {
      max: maxAlternatives,
      validate: (at, alternative) => [
        ...validateShortName(`${at}.name`, alternative.name),
        ...validateDevices(at, alternative),
      ],
      key: (alternative) => alternative.name,
    }),
  ]
}

function validateDevices(field: string, request: ExactDeviceRequest | DeviceSubRequest): FieldError[] {
  const { deviceClassName, allocationMode, count = 0 } = request
  const errors = deviceClassName
    ? dns1123Subdomain(`${field}.deviceClassName`, deviceClassName)
    : [required(`${field}.deviceClassName`)]
  errors.push(...validateSelectors(`${field}.selectors`, request.selectors))
  if (allocationMode === 'All') {
    if (count !== 0)
      errors.push(invalidValue(`${field}.count`, count, "must not be specified when allocationMode is 'All'"))
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalidValue(`${field}.count`, count, 'must be greater than zero'))
  } else errors.push(notSupported(`${field}.allocationMode`, allocationMode ?? '', modes))
  return [
    ...errors,
    ...(request.tolerations ?? []).flatMap((toleration, index) =>
      validateToleration(`${field}.tolerations[${index}]`, toleration),
    ),
  ]
}

function validateConstraint(
  field: string,
  { requests, matchAttribute, distinctAttribute }: DeviceConstraint,
  known: ReadonlySet<string>,
): FieldError[] {
  const errors = validateRequestReferences(`${field}.requests`, requests, known)
  if (matchAttribute !== undefined)
    errors.push(...validateFullyQualifiedName(`${field}.matchAttribute`, matchAttribute))
  else if (distinctAttribute !== undefined)
    errors.push(...validateFullyQualifiedName(`${field}.distinctAttribute`, distinctAttribute))
  else
    errors.push(
      required(
        field,
        'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      ),
    )
  return errors
}
