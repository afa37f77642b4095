import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import type { ReplicaSet } from '@tandem/api/apps/v1/types'
import { labelMatcherOf } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { replicaController } from '../replicas/replica-controller.ts'

export const controller: Controller<ReplicaSet> = replicaController(
  {
    name: 'replicaset-controller',
    role: 'replicaset-controller',
    eventSource: 'replicaset-controller',
    resource: replicaSets,
    countsTerminating: true,
    selectorOf: ({ spec }) => labelMatcherOf(spec.selector),
  },
  [
    { apiGroups: ['apps', 'extensions'], resources: ['replicasets'], verbs: ['get', 'list', 'watch', 'update'] },
    { apiGroups: ['apps', 'extensions'], resources: ['replicasets/status'], verbs: ['update'] },
    { apiGroups: ['apps', 'extensions'], resources: ['replicasets/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'create', 'delete', 'patch'] },
    eventRule,
  ],
)
