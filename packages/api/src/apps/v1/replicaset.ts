import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, nonNegative } from '../../core/v1/field-checks.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import { selectorColumn } from './selector-column.ts'
import { validateCounts, validateParts } from './status-rules.ts'
import type { ReplicaSet, ReplicaSetSpec } from './types.ts'
import { defaultTemplate, validateReplicaSetTemplate, validateWorkloadSelector } from './workload-template.ts'
import { warnOfPodNames, warnOfTemplate } from './workload-warnings.ts'

const validate = ({ spec }: ReplicaSet): FieldError[] => [
  ...nonNegative('spec.replicas', spec.replicas),
  ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
  // Upstream says deployment here, too.
  ...validateWorkloadSelector('spec.selector', spec.selector, 'deployment'),
  ...(spec.template ? validateReplicaSetTemplate({ ...spec, template: spec.template }) : []),
]

const counted = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const

const validateStatusUpdate = ({ status = { replicas: 0 } }: ReplicaSet): FieldError[] => [
  ...validateCounts(status, ['replicas', ...counted, 'observedGeneration', 'terminatingReplicas']),
  ...validateParts(status, counted, { ready: 'readyReplicas' }),
]

export const replicaSets: ResourceDefinition<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  hasGeneration: true,
  subresources: {
    status: true,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.spec.selector',
    },
  },
  defaults: (replicaSet) => {
    replicaSet.spec ??= {} as ReplicaSetSpec
    replicaSet.spec.replicas ??= 1
    defaultTemplate(replicaSet.spec)
  },
  prepareForCreate: (replicaSet) => {
    replicaSet.status = { replicas: 0 }
  },
  validate,
  validateUpdate: (replicaSet, old) => [
    ...validate(replicaSet),
    ...immutable('spec.selector', replicaSet.spec.selector, old.spec.selector),
  ],
  validateStatusUpdate,
  warnings: (replicaSet, old) => [
    ...warnOfPodNames(replicaSet, old),
    ...warnOfTemplate('spec.template', { template: replicaSet.spec.template, old: old?.spec.template }),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      description: 'Number of pods that should be.',
      value: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'Number of pods last seen.',
      value: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'Number of pods that are ready.',
      value: ({ status }) => status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template ?? {}, 1),
    selectorColumn<ReplicaSet>(({ spec }) => spec.selector),
  ],
}
