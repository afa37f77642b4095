import type { PolicyRule } from '@tandem/api/rbac/v1/types'

/** What every controller that tells of its work may do. */
export const eventRule: PolicyRule = {
  apiGroups: ['', 'events.k8s.io'],
  resources: ['events'],
  verbs: ['create', 'update', 'patch'],
}
