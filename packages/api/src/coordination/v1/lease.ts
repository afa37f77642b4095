import { type FieldError, invalidValue, type ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import type { Lease } from './types.ts'

/** Coordinated leader election is not on: what it needs is dropped, unless it is there already. */
function dropDisabledFields(lease: Lease, old?: Lease): void {
  for (const name of ['strategy', 'preferredHolder'] as const)
    if (old?.spec?.[name] === undefined) delete lease.spec?.[name]
}

function validate({ spec = {} }: Lease): FieldError[] {
  const errors: FieldError[] = []
  const { leaseDurationSeconds, leaseTransitions } = spec
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  return errors
}

export const leases: ResourceDefinition<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
  schema: 'io.k8s.api.coordination.v1.Lease',
  // Leases may be created by PUT, and a PUT must say which version it replaces.
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  defaults: (lease) => {
    lease.spec ??= {}
  },
  prepareForCreate: (lease) => dropDisabledFields(lease),
  prepareForUpdate: dropDisabledFields,
  validate,
  validateUpdate: validate,
  columns: [
    nameColumn,
    {
      name: 'Holder',
      type: 'string',
      description: 'Identity of who holds the lease.',
      value: ({ spec }) => spec.holderIdentity ?? '',
    },
    ageColumn,
  ],
}
