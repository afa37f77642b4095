import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { qualifiedName } from '../../core/v1/field-checks.ts'
import type { Lease } from './types.ts'

const ownStrategies = ['OldestEmulationVersion']

/** A strategy of Kubernetes' own has a plain name; all others are qualified. The doubled path is upstream's. */
function validateStrategy(strategy: string | undefined): FieldError[] {
  const field = 'spec.strategy.strategy'
  if (strategy === undefined) return []
  if (strategy.includes('/')) return qualifiedName(field, strategy)
  return ownStrategies.includes(strategy) ? [] : [notSupported(field, strategy, ownStrategies)]
}

function validate({ spec = {} }: Lease): FieldError[] {
  const errors: FieldError[] = []
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  errors.push(...validateStrategy(strategy))
  if (preferredHolder && !strategy)
    errors.push(forbiddenField('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
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
