import { type FieldError, invalidValue, type ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { nonNegative, optionalOneOf } from '../../core/v1/field-checks.ts'
import { validateConditions } from '../../meta/v1/condition.ts'
import {
  type IntOrPercent,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from '../../meta/v1/int-or-percent.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from './types.ts'

const validateShare = (field: string, value: IntOrPercent | undefined): FieldError[] =>
  value === undefined
    ? []
    : [...validatePositiveIntOrPercent(field, value), ...validateNotMoreThan100Percent(field, value)]

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'))
  return [
    ...errors,
    ...validateShare('spec.minAvailable', minAvailable),
    ...validateShare('spec.maxUnavailable', maxUnavailable),
    ...validateLabelSelector('spec.selector', selector),
    ...optionalOneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  ]
}

const emptyStatus = (): PodDisruptionBudgetStatus => ({
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
})

const validateStatusUpdate = ({ status = emptyStatus() }: PodDisruptionBudget): FieldError[] => [
  ...validateConditions('status.conditions', status.conditions),
  ...nonNegative('status.disruptionsAllowed', status.disruptionsAllowed),
  ...nonNegative('status.currentHealthy', status.currentHealthy),
  ...nonNegative('status.desiredHealthy', status.desiredHealthy),
  ...nonNegative('status.expectedPods', status.expectedPods),
]

const shown = (value: IntOrPercent | undefined): string => (value === undefined ? 'N/A' : String(value))

export const podDisruptionBudgets: ResourceDefinition<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  subresources: { status: true },
  defaults: (budget) => {
    budget.spec ??= {}
  },
  prepareForCreate: (budget) => {
    budget.status = emptyStatus()
  },
  validate,
  validateUpdate: validate,
  validateStatusUpdate,
  columns: [
    nameColumn,
    {
      name: 'Min Available',
      type: 'string',
      description: 'The minimum number of pods that must be available.',
      value: ({ spec }) => shown(spec.minAvailable),
    },
    {
      name: 'Max Unavailable',
      type: 'string',
      description: 'The maximum number of pods that may be unavailable.',
      value: ({ spec }) => shown(spec.maxUnavailable),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Calculated number of pods that may be disrupted at this time.',
      value: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
}
