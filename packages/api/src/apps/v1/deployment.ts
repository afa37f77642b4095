import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, nonNegative } from '../../core/v1/field-checks.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import {
  intOrPercentValue,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from '../../meta/v1/int-or-percent.ts'
import { selectorColumn } from './selector-column.ts'
import { shownStrategy } from './shown-strategy.ts'
import { validateCollisionCount, validateCounts, validateParts } from './status-rules.ts'
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from './types.ts'
import { defaultTemplate, validateReplicaSetTemplate, validateWorkloadSelector } from './workload-template.ts'
import { warnOfPodNames, warnOfTemplate } from './workload-warnings.ts'

function defaults(deployment: Deployment): void {
  deployment.spec ??= {} as DeploymentSpec
  const { spec } = deployment
  spec.replicas ??= 1
  spec.strategy ??= {}
  spec.strategy.type ||= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {}
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
    spec.strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  defaultTemplate(spec)
}

function validateRollingUpdate(
  field: string,
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
): FieldError[] {
  const errors = [
    ...validatePositiveIntOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...validatePositiveIntOrPercent(`${field}.maxSurge`, maxSurge),
  ]
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0)
    errors.push(invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  return [...errors, ...validateNotMoreThan100Percent(`${field}.maxUnavailable`, maxUnavailable)]
}

function validateStrategy(field: string, strategy: DeploymentStrategy = {}): FieldError[] {
  switch (strategy.type) {
    case 'Recreate':
      return strategy.rollingUpdate
        ? [forbiddenField(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
        : []
    case 'RollingUpdate':
      return strategy.rollingUpdate
        ? validateRollingUpdate(`${field}.rollingUpdate`, strategy.rollingUpdate)
        : [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')]
    default:
      return [notSupported(field, shownStrategy(strategy), ['Recreate', 'RollingUpdate'])]
  }
}

function validateProgressDeadline({ progressDeadlineSeconds, minReadySeconds = 0 }: DeploymentSpec): FieldError[] {
  const field = 'spec.progressDeadlineSeconds'
  if (progressDeadlineSeconds === undefined) return []
  const errors = nonNegative(field, progressDeadlineSeconds)
  if (progressDeadlineSeconds <= minReadySeconds)
    errors.push(invalidValue(field, progressDeadlineSeconds, 'must be greater than minReadySeconds'))
  return errors
}

const validate = ({ spec }: Deployment): FieldError[] => [
  ...nonNegative('spec.replicas', spec.replicas),
  ...validateWorkloadSelector('spec.selector', spec.selector, 'deployment'),
  ...validateReplicaSetTemplate(spec),
  ...validateStrategy('spec.strategy', spec.strategy),
  ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
  ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ...validateProgressDeadline(spec),
]

const counted = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

const validateStatusUpdate = ({ status = {} }: Deployment, old: Deployment): FieldError[] => [
  ...validateCounts(status, [
    'observedGeneration',
    'replicas',
    ...counted,
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ]),
  ...validateParts(status, counted, { ready: 'readyReplicas' }),
  ...validateCollisionCount(status, old.status),
]

export const deployments: ResourceDefinition<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.apps.v1.Deployment',
  hasGeneration: true,
  subresources: {
    status: true,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.spec.selector',
    },
  },
  defaults,
  prepareForCreate: (deployment) => {
    deployment.status = {}
  },
  // Annotations are copied to the replica sets, so a change of them is one for the controller to observe.
  prepareForUpdate: (deployment, old) => {
    if (!semanticallyEqual(deployment.metadata.annotations, old.metadata.annotations))
      deployment.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  prepareForStatusUpdate: (deployment, old) => {
    if (old.metadata.labels) deployment.metadata.labels = old.metadata.labels
    else delete deployment.metadata.labels
  },
  validate,
  validateUpdate: (deployment, old) => [
    ...validate(deployment),
    ...immutable('spec.selector', deployment.spec.selector, old.spec.selector),
  ],
  validateStatusUpdate,
  warnings: (deployment, old) => [
    ...warnOfPodNames(deployment, old),
    ...warnOfTemplate('spec.template', { template: deployment.spec.template, old: old?.spec.template }),
  ],
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of the pod with ready state',
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      type: 'string',
      description: 'Number of pods made from the present template.',
      value: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      type: 'string',
      description: 'Number of pods that have been ready for at least minReadySeconds.',
      value: ({ status }) => status?.availableReplicas ?? 0,
    },
    ageColumn,
    ...containerColumns<Deployment>(({ spec }) => spec.template, 1),
    selectorColumn<Deployment>(({ spec }) => spec.selector),
  ],
}
