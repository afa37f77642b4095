import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import type { PolicyRule } from './types.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export function validatePolicyRule(
  field: string,
  rule: PolicyRule,
  { namespaced }: { namespaced: boolean },
): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors: FieldError[] = []
  if (verbs.length === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const at = `${field}.nonResourceURLs`
    if (namespaced) errors.push(invalidValue(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups.length + resources.length + resourceNames.length > 0)
      errors.push(
        invalidValue(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    return errors
  }
  if (apiGroups.length === 0)
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (resources.length === 0)
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

export const validatePolicyRules = (
  rules: readonly PolicyRule[] | undefined,
  scope: { namespaced: boolean },
): FieldError[] => (rules ?? []).flatMap((rule, index) => validatePolicyRule(`rules[${index}]`, rule, scope))
