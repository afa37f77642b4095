import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { bindingColumns, defaultBinding, validateBinding, validateRoleRefUpdate } from './bindings.ts'
import type { ClusterRoleBinding } from './types.ts'

const validate = (binding: ClusterRoleBinding): FieldError[] =>
  validateBinding(binding, { namespaced: false, roleKinds: ['ClusterRole'] })

export const clusterRoleBindings: ResourceDefinition<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  defaults: defaultBinding,
  validate,
  validateUpdate: (binding, old) => [...validate(binding), ...validateRoleRefUpdate(binding, old)],
  columns: bindingColumns,
}
