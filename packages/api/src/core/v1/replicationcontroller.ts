import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
  validateDns1123Label,
} from '@tandem/apimachinery'
import { ageColumn, formatLabels, nameColumn } from '@tandem/apimachinery/columns'
import { nonNegative } from './field-checks.ts'
import { dropDisabledFields } from './pod-spec/disabled-fields.ts'
import { podSpecWarnings } from './pod-spec/warnings.ts'
import { defaultPodTemplateSpec, validatePodTemplateSpec } from './pod-template.ts'
import { containerColumns } from './template-columns.ts'
import type { PodTemplateSpec, ReplicationController } from './types.ts'

/** A controller without a selector, or without labels of its own, takes its template's labels. */
function defaults(controller: ReplicationController): void {
  controller.spec ??= {}
  controller.status ??= { replicas: 0 }
  const { spec, metadata } = controller
  const labels = spec.template?.metadata?.labels
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
  }
  spec.replicas ??= 1
  if (spec.template) defaultPodTemplateSpec(spec.template)
}

function prepareForCreate(controller: ReplicationController): void {
  controller.status = { replicas: 0 }
  dropDisabledFields(controller.spec.template?.spec)
}

function prepareForUpdate(controller: ReplicationController, old: ReplicationController): void {
  controller.status = old.status
  dropDisabledFields(controller.spec.template?.spec)
}

function validateTemplate(
  template: PodTemplateSpec | undefined,
  selector: Readonly<Record<string, string>>,
): FieldError[] {
  const field = 'spec.template'
  if (!template) return [required(field)]
  const { labels } = template.metadata ?? {}
  const errors: FieldError[] = []
  if (!Object.entries(selector).every(([key, value]) => labels?.[key] === value))
    errors.push(invalidValue(`${field}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'))
  errors.push(...validatePodTemplateSpec(field, template))
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {}
  if (restartPolicy !== 'Always') errors.push(notSupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always']))
  if (activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(
        `${field}.spec.activeDeadlineSeconds`,
        'activeDeadlineSeconds in ReplicationController is not Supported',
      ),
    )
  return errors
}

function validate({ spec }: ReplicationController): FieldError[] {
  const { selector = {} } = spec
  const errors = nonNegative('spec.minReadySeconds', spec.minReadySeconds)
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'))
  errors.push(
    ...(spec.replicas === undefined ? [required('spec.replicas')] : nonNegative('spec.replicas', spec.replicas)),
  )
  return [...errors, ...validateTemplate(spec.template, selector)]
}

function validateStatusUpdate({ status }: ReplicationController): FieldError[] {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {}
  const counts = { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas }
  const errors = Object.entries({ ...counts, observedGeneration: status?.observedGeneration }).flatMap(
    ([name, count]) => nonNegative(`status.${name}`, count),
  )
  for (const name of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const)
    if (counts[name] > replicas)
      errors.push(invalidValue(`status.${name}`, counts[name], 'cannot be greater than status.replicas'))
  if (availableReplicas > readyReplicas)
    errors.push(invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'))
  return errors
}

function warnings({ metadata, spec }: ReplicationController): string[] {
  const faults = validateDns1123Label(metadata.name)
  const name = `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${faults.join(' ')}]`
  return [...(faults.length > 0 ? [name] : []), ...podSpecWarnings('spec.template', spec.template ?? {})]
}

const count = (name: string, description: string, value: (controller: ReplicationController) => number | undefined) =>
  ({
    name,
    type: 'integer',
    description,
    value: (controller: ReplicationController) => value(controller) ?? 0,
  }) as const

export const replicationControllers: ResourceDefinition<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.ReplicationController',
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  subresources: {
    status: true,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.spec.selector',
    },
  },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate: validate,
  validateStatusUpdate,
  warnings,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    nameColumn,
    count('Desired', 'Number of pods wanted.', ({ spec }) => spec.replicas),
    count('Current', 'Number of pods there are.', ({ status }) => status?.replicas),
    count('Ready', 'Number of pods that are ready.', ({ status }) => status?.readyReplicas),
    ageColumn,
    ...containerColumns<ReplicationController>(({ spec }) => spec.template, 1),
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      description: 'Labels of the pods.',
      value: ({ spec }) => formatLabels(spec.selector),
    },
  ],
}
