import { type FieldError, invalidValue, type ResourceDefinition, required, validateCidr } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { fieldIsImmutable } from '@tandem/apimachinery/object-meta'
import { isDualStack } from '../../core/v1/ip-address.ts'
import type { ServiceCIDR } from './types.ts'

const field = 'spec.cidrs'

function validate({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec.cidrs ?? []
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(field, spec, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, index) => validateCidr(`${field}[${index}]`, cidr))
  if (errors.length === 0 && cidrs.length === 2 && !isDualStack(cidrs))
    errors.push(
      invalidValue(
        field,
        cidrs,
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ),
    )
  return errors
}

/** A second family may be added; nothing else may change. */
function validateUpdate(serviceCIDR: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const cidrs = serviceCIDR.spec.cidrs ?? []
  const before = old.spec.cidrs ?? []
  const grows = before.length === 1 && cidrs.length === 2
  if (!grows && cidrs.length !== before.length) return [invalidValue(field, cidrs, fieldIsImmutable)]
  const changed = before.flatMap((cidr, index) =>
    cidrs[index] === cidr ? [] : [invalidValue(`${field}[${index}]`, cidrs[index], fieldIsImmutable)],
  )
  return grows ? [...changed, ...validate(serviceCIDR)] : changed
}

export const serviceCIDRs: ResourceDefinition<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  scope: 'Cluster',
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  subresources: { status: true },
  defaults: (serviceCIDR) => {
    serviceCIDR.spec ??= {}
  },
  prepareForCreate: (serviceCIDR) => {
    serviceCIDR.status = {}
  },
  validate,
  validateUpdate,
  columns: [
    nameColumn,
    { name: 'CIDRs', type: 'string', description: 'Its ranges.', value: ({ spec }) => (spec.cidrs ?? []).join(',') },
    ageColumn,
  ],
}
