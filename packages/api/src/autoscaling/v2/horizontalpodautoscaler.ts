import { type FieldError, forbiddenField, invalidValue, type ResourceDefinition, required } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { nonNegative } from '../../core/v1/field-checks.ts'
import { targetsOf } from './metric-columns.ts'
import { validateMetric } from './metric-rules.ts'
import { apiVersionFault, type ReferenceRules, validateObjectReference } from './object-reference.ts'
import { defaultBehavior, validateBehavior } from './scaling-rules.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec } from './types.ts'

const defaultMetrics = (): MetricSpec[] => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]

function defaults(autoscaler: HorizontalPodAutoscaler): void {
  autoscaler.spec ??= {} as HorizontalPodAutoscalerSpec
  const { spec } = autoscaler
  spec.minReplicas ??= 1
  spec.maxReplicas ??= 0
  spec.scaleTargetRef ??= { kind: '', name: '' }
  if ((spec.metrics ?? []).length === 0) spec.metrics = defaultMetrics()
  if (spec.behavior) defaultBehavior(spec.behavior)
}

interface Rules {
  least: number
  scaleTarget: ReferenceRules
  objectMetrics: ReferenceRules
}

function validateReplicas({ minReplicas, maxReplicas }: HorizontalPodAutoscalerSpec, least: number): FieldError[] {
  const errors: FieldError[] = []
  const at = 'spec.maxReplicas'
  if (minReplicas !== undefined && minReplicas < least)
    errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`))
  if (maxReplicas === 0) errors.push(required(at, 'must be set and greater than 0'))
  if (maxReplicas < 0) errors.push(invalidValue(at, maxReplicas, 'must be greater than or equal to 1'))
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalidValue(at, maxReplicas, 'must be greater than or equal to `minReplicas`'))
  return errors
}

function validateMetrics(
  { metrics = [], minReplicas }: HorizontalPodAutoscalerSpec,
  rules: ReferenceRules,
): FieldError[] {
  const errors = metrics.flatMap((metric, index) => validateMetric(`spec.metrics[${index}]`, metric, rules))
  // From zero pods nothing can be measured but what is outside of them.
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(
      forbiddenField(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    )
  return errors
}

const validateSpec = (spec: HorizontalPodAutoscalerSpec, rules: Rules): FieldError[] => [
  ...validateReplicas(spec, rules.least),
  ...validateObjectReference('spec.scaleTargetRef', spec.scaleTargetRef, rules.scaleTarget),
  ...validateMetrics(spec, rules.objectMetrics),
  ...(spec.behavior ? validateBehavior('spec.behavior', spec.behavior) : []),
]

const rulesFor = ({ spec }: HorizontalPodAutoscaler): Rules => ({
  least: 1,
  scaleTarget: { allowEmptyGroup: spec.scaleTargetRef.kind === 'ReplicationController' },
  objectMetrics: { allowEmptyGroup: true },
})

/** What was stored when rules were laxer may stay. */
function rulesForUpdate(autoscaler: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): Rules {
  const rules = rulesFor(autoscaler)
  const [is, was] = [autoscaler.spec.scaleTargetRef, old.spec.scaleTargetRef]
  if (old.spec.minReplicas === 0) rules.least = 0
  if (is.kind === was.kind && is.apiVersion === was.apiVersion) rules.scaleTarget = { allowInvalidApiVersion: true }
  const faulty = (old.spec.metrics ?? []).some(
    ({ object }) => object && apiVersionFault(object.describedObject.apiVersion ?? '', rules.objectMetrics),
  )
  if (faulty) rules.objectMetrics = { allowInvalidApiVersion: true }
  return rules
}

export const horizontalPodAutoscalers: ResourceDefinition<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  subresources: { status: true },
  defaults,
  prepareForCreate: (autoscaler) => {
    autoscaler.status = { desiredReplicas: 0 }
  },
  validate: (autoscaler) => validateSpec(autoscaler.spec, rulesFor(autoscaler)),
  validateUpdate: (autoscaler, old) => validateSpec(autoscaler.spec, rulesForUpdate(autoscaler, old)),
  validateStatusUpdate: ({ status }) => [
    ...nonNegative('status.currentReplicas', status?.currentReplicas),
    ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
  ],
  columns: [
    nameColumn,
    {
      name: 'Reference',
      type: 'string',
      description: 'What is scaled.',
      value: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    },
    { name: 'Targets', type: 'string', description: 'Current and wanted values of its metrics.', value: targetsOf },
    {
      name: 'MinPods',
      type: 'string',
      description: 'The least number of replicas.',
      value: ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
    },
    {
      name: 'MaxPods',
      type: 'string',
      description: 'The greatest number of replicas.',
      value: ({ spec }) => spec.maxReplicas,
    },
    {
      name: 'Replicas',
      type: 'string',
      description: 'The number of replicas last seen.',
      value: ({ status }) => status?.currentReplicas ?? 0,
    },
    ageColumn,
  ],
}
