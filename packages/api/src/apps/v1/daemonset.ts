import {
  type Column,
  type FieldError,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, formatLabels, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, nonNegative } from '../../core/v1/field-checks.ts'
import { validatePodTemplateSpec } from '../../core/v1/pod-template.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import {
  intOrPercentValue,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from '../../meta/v1/int-or-percent.ts'
import { isEmptySelector, isUsableSelector, validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { selectorColumn } from './selector-column.ts'
import { shownStrategy } from './shown-strategy.ts'
import { validateCollisionCount, validateCounts } from './status-rules.ts'
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from './types.ts'
import { defaultTemplate, validateRunsForever, validateSelectorMatchesTemplate } from './workload-template.ts'
import { warnOfTemplate } from './workload-warnings.ts'

/** Counts changes of the template. Upstream's internal `templateGeneration`, which apps/v1 shows as an annotation. */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation'

function defaults(daemonSet: DaemonSet): void {
  daemonSet.spec ??= {} as DaemonSetSpec
  const { spec } = daemonSet
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  defaultTemplate(spec)
}

const templateGeneration = ({ metadata }: DaemonSet): number =>
  Number(metadata.annotations?.[templateGenerationAnnotation] ?? 0) || 0

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [templateGenerationAnnotation]: String(generation) }
}

function validateRollingUpdate(
  field: string,
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet,
): FieldError[] {
  const errors = [
    ...validatePositiveIntOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...validatePositiveIntOrPercent(`${field}.maxSurge`, maxSurge),
    ...validateNotMoreThan100Percent(`${field}.maxUnavailable`, maxUnavailable),
    ...validateNotMoreThan100Percent(`${field}.maxSurge`, maxSurge),
  ]
  const unavailable = intOrPercentValue(maxUnavailable) !== 0
  const surge = intOrPercentValue(maxSurge) !== 0
  if (unavailable && surge)
    errors.push(invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!unavailable && !surge) errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  return errors
}

function validateUpdateStrategy(field: string, strategy: DaemonSetUpdateStrategy = {}): FieldError[] {
  if (strategy.type === 'OnDelete') return []
  if (strategy.type !== 'RollingUpdate')
    return [notSupported(field, shownStrategy(strategy), ['RollingUpdate', 'OnDelete'])]
  const at = `${field}.rollingUpdate`
  return strategy.rollingUpdate ? validateRollingUpdate(at, strategy.rollingUpdate) : [required(at)]
}

function validateSelector({ spec }: DaemonSet): FieldError[] {
  const field = 'spec.selector'
  const errors = validateLabelSelector(field, spec.selector)
  if (isUsableSelector(spec.selector)) errors.push(...validateSelectorMatchesTemplate('spec.template', spec))
  if (spec.selector && isEmptySelector(spec.selector))
    errors.push(invalidValue(field, spec.selector, 'empty selector is invalid for daemonset'))
  return errors
}

const validate = (daemonSet: DaemonSet): FieldError[] => [
  ...validateSelector(daemonSet),
  ...validatePodTemplateSpec('spec.template', daemonSet.spec.template),
  ...validateRunsForever('spec.template', daemonSet.spec.template, 'DaemonSet'),
  ...nonNegative('spec.minReadySeconds', daemonSet.spec.minReadySeconds),
  ...validateUpdateStrategy('spec.updateStrategy', daemonSet.spec.updateStrategy),
  ...nonNegative('spec.revisionHistoryLimit', daemonSet.spec.revisionHistoryLimit),
]

const emptyStatus = (): DaemonSetStatus => ({
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
})

const validateStatusUpdate = ({ status = emptyStatus() }: DaemonSet, old: DaemonSet): FieldError[] => [
  ...validateCounts(status, [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ]),
  ...validateCollisionCount(status, old.status),
]

type Count = Exclude<keyof DaemonSetStatus, 'conditions'>
const countColumn = (name: string, count: Count, description: string): Column<DaemonSet> => ({
  name,
  type: 'integer',
  description,
  value: ({ status }) => status?.[count] ?? 0,
})

export const daemonSets: ResourceDefinition<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  hasGeneration: true,
  subresources: { status: true },
  defaults,
  prepareForCreate: (daemonSet) => {
    daemonSet.status = emptyStatus()
    setTemplateGeneration(daemonSet, Math.max(templateGeneration(daemonSet), 1))
  },
  prepareForUpdate: (daemonSet, old) => {
    const changed = !semanticallyEqual(daemonSet.spec.template, old.spec.template)
    setTemplateGeneration(daemonSet, templateGeneration(old) + (changed ? 1 : 0))
  },
  validate,
  validateUpdate: (daemonSet, old) => [
    ...immutable('spec.selector', daemonSet.spec.selector, old.spec.selector),
    ...validate(daemonSet),
  ],
  validateStatusUpdate,
  warnings: ({ spec }, old) => warnOfTemplate('spec.template', { template: spec.template, old: old?.spec.template }),
  columns: [
    nameColumn,
    countColumn('Desired', 'desiredNumberScheduled', 'Number of nodes that should run the pod.'),
    countColumn('Current', 'currentNumberScheduled', 'Number of nodes that run at least one pod and should.'),
    countColumn('Ready', 'numberReady', 'Number of nodes whose pod is ready.'),
    countColumn('Up-to-date', 'updatedNumberScheduled', 'Number of nodes whose pod is of the present template.'),
    countColumn('Available', 'numberAvailable', 'Number of nodes whose pod is available.'),
    {
      name: 'Node Selector',
      type: 'string',
      description: 'Labels of the nodes that the pods may run on.',
      value: ({ spec }) => formatLabels(spec.template.spec?.nodeSelector),
    },
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec.template, 1),
    selectorColumn<DaemonSet>(({ spec }) => spec.selector),
  ],
}
