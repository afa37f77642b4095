import { type FieldError, invalidValue, nameIsDnsLabel, required, validatePortName } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { dns1123Subdomain, invalidEach, portNumber } from '../../core/v1/field-checks.ts'
import type { TypedLocalObjectReference } from '../../core/v1/types.ts'
import type { IngressBackend, IngressServiceBackend } from './types.ts'

export function validateBackend(field: string, { service, resource }: IngressBackend): FieldError[] {
  if (service && resource) return [invalidValue(field, '', 'cannot set both resource and service backends')]
  if (resource) return validateReference(`${field}.resource`, resource)
  if (service) return [...validateServiceName(`${field}.service.name`, service.name), ...validatePort(field, service)]
  return [invalidValue(field, '', 'resource or service backend is required')]
}

const validateServiceName = (field: string, name: string): FieldError[] =>
  name ? invalidEach(field, name, nameIsDnsLabel(name, false)) : [required(field)]

function validatePort(field: string, { port = {} }: IngressServiceBackend): FieldError[] {
  const { name, number } = port
  if (name && number) return [invalidValue(field, '', 'cannot set both port name & port number')]
  if (name) return invalidEach(`${field}.service.port.name`, name, validatePortName(name))
  if (number) return portNumber(`${field}.service.port.number`, number)
  return [required(field, 'port name or number is required')]
}

/** A reference to an object by group, kind and name, each fit for a path. */
export function validateReference(field: string, reference: TypedLocalObjectReference): FieldError[] {
  const { apiGroup, kind = '', name = '' } = reference
  const segment = (at: string, value: string): FieldError[] =>
    value ? invalidEach(at, value, nameIsPathSegment(value, false)) : [required(at)]
  return [
    ...(apiGroup === undefined ? [] : dns1123Subdomain(`${field}.apiGroup`, apiGroup)),
    ...segment(`${field}.kind`, kind),
    ...segment(`${field}.name`, name),
  ]
}
