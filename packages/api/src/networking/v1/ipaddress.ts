import { type FieldError, type ResourceDefinition, required, validateIp } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { dns1123Subdomain, immutable, invalidEach } from '../../core/v1/field-checks.ts'
import type { IPAddress, IPAddressSpec, ParentReference } from './types.ts'

/** The address is the name. */
const validateName = (name: string): string[] =>
  validateIp('', name).map(({ message }) => message.replace(/^Invalid value: "(?:[^"\\]|\\.)*": /, ''))

function validateParent(parent: ParentReference | undefined): FieldError[] {
  const field = 'spec.parentRef'
  if (!parent) return [required(field)]
  const { group, resource, namespace, name } = parent
  const segment = (at: string, value: string | undefined): FieldError[] =>
    value ? invalidEach(at, value, nameIsPathSegment(value, false)) : []
  return [
    ...(group ? dns1123Subdomain(`${field}.group`, group) : []),
    ...(resource ? segment(`${field}.resource`, resource) : [required(`${field}.resource`)]),
    ...(name ? segment(`${field}.name`, name) : [required(`${field}.name`)]),
    ...segment(`${field}.namespace`, namespace),
  ]
}

function parentOf({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return '<none>'
  const { group, resource, namespace, name } = parentRef
  const of = (group ? `${resource}.${group}` : resource)?.toLowerCase() ?? ''
  return [of, namespace, name].filter(Boolean).join('/')
}

export const ipAddresses: ResourceDefinition<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  schema: 'io.k8s.api.networking.v1.IPAddress',
  validateName,
  defaults: (address) => {
    address.spec ??= {} as IPAddressSpec
  },
  validate: ({ spec }) => validateParent(spec.parentRef),
  validateUpdate: ({ spec }, old) => [
    ...validateParent(spec.parentRef),
    ...immutable('spec.parentRef', spec.parentRef, old.spec.parentRef),
  ],
  columns: [
    nameColumn,
    { name: 'ParentRef', type: 'string', description: 'The object that holds the address.', value: parentOf },
  ],
}
