import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { validatePolicyRules } from './rules.ts'
import type { Role } from './types.ts'

const validate = ({ rules }: Role): FieldError[] => validatePolicyRules(rules, { namespaced: true })

export const roles: ResourceDefinition<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
  schema: 'io.k8s.api.rbac.v1.Role',
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  defaults: (role) => {
    role.rules ??= []
  },
  validate,
  validateUpdate: validate,
}
