import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { bindingColumns, defaultBinding, validateBinding, validateRoleRefUpdate } from './bindings.ts'
import type { RoleBinding } from './types.ts'

const validate = (binding: RoleBinding): FieldError[] =>
  validateBinding(binding, { namespaced: true, roleKinds: ['Role', 'ClusterRole'] })

export const roleBindings: ResourceDefinition<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  defaults: defaultBinding,
  validate,
  validateUpdate: (binding, old) => [...validate(binding), ...validateRoleRefUpdate(binding, old)],
  columns: bindingColumns,
}
