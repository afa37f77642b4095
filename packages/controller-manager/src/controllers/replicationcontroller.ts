import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import type { ReplicationController } from '@tandem/api/core/v1/types'
import { labelMatcherOfSet, nothing } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { replicaController } from '../replicas/replica-controller.ts'

export const controller: Controller<ReplicationController> = replicaController(
  {
    name: 'replicationcontroller-controller',
    role: 'replication-controller',
    eventSource: 'replication-controller',
    resource: replicationControllers,
    countsTerminating: false,
    selectorOf: ({ spec }) =>
      spec.selector && Object.keys(spec.selector).length > 0 ? labelMatcherOfSet(spec.selector) : nothing,
  },
  [
    { apiGroups: [''], resources: ['replicationcontrollers'], verbs: ['get', 'list', 'watch', 'update'] },
    { apiGroups: [''], resources: ['replicationcontrollers/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['replicationcontrollers/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'create', 'delete', 'patch'] },
    eventRule,
  ],
)
