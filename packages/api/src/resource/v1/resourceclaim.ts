import type { ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable } from '../../core/v1/field-checks.ts'
import { defaultClaimSpec, validateClaimSpec } from './claim-spec.ts'
import { dropReleasedDevices, validateClaimStatus } from './claim-status.ts'
import type { ResourceClaim } from './types.ts'

function stateOf({ metadata, status }: ResourceClaim): string {
  const states = metadata.deletionTimestamp ? ['deleted'] : []
  if (status?.allocation) states.push('allocated', ...((status.reservedFor ?? []).length > 0 ? ['reserved'] : []))
  else if (states.length === 0) states.push('pending')
  return states.join(',')
}

export const resourceClaims: ResourceDefinition<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  scope: 'Namespaced',
  schema: 'io.k8s.api.resource.v1.ResourceClaim',
  subresources: { status: true },
  defaults: (claim) => {
    claim.spec ??= {}
    claim.status ??= {}
    defaultClaimSpec(claim.spec)
  },
  prepareForCreate: (claim) => {
    claim.status = {}
  },
  prepareForStatusUpdate: dropReleasedDevices,
  validate: ({ spec }) => validateClaimSpec('spec', spec),
  validateUpdate: ({ spec }, old) => immutable('spec', spec, old.spec),
  validateStatusUpdate: validateClaimStatus,
  columns: [
    nameColumn,
    {
      name: 'State',
      type: 'string',
      description: 'A summary of the current state (allocated, pending, reserved, etc.).',
      value: stateOf,
    },
    ageColumn,
  ],
}
