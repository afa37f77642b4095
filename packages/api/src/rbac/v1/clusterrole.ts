import { type FieldError, invalidValue, type ResourceDefinition, required } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { validatePolicyRules } from './rules.ts'
import type { AggregationRule, ClusterRole } from './types.ts'

function validateAggregation({ clusterRoleSelectors = [] }: AggregationRule): FieldError[] {
  const field = 'aggregationRule.clusterRoleSelectors'
  if (clusterRoleSelectors.length === 0)
    return [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return clusterRoleSelectors.flatMap((selector, index) => {
    const at = `${field}[${index}]`
    const errors = validateLabelSelector(at, selector)
    return errors.length === 0 ? [] : [...errors, invalidValue(at, null, 'invalid label selector.')]
  })
}

const validate = ({ rules, aggregationRule }: ClusterRole): FieldError[] => [
  ...validatePolicyRules(rules, { namespaced: false }),
  ...(aggregationRule ? validateAggregation(aggregationRule) : []),
]

export const clusterRoles: ResourceDefinition<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  defaults: (role) => {
    role.rules ??= []
  },
  validate,
  validateUpdate: validate,
}
