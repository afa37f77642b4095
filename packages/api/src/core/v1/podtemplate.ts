import { type FieldError, type ResourceDefinition, semanticallyEqual } from '@tandem/apimachinery'
import { formatLabels, nameColumn } from '@tandem/apimachinery/columns'
import { podSpecWarnings } from './pod-spec/warnings.ts'
import { defaultPodTemplateSpec, validatePodTemplateSpec } from './pod-template.ts'
import { containerColumns } from './template-columns.ts'
import type { PodTemplate } from './types.ts'

function defaults(object: PodTemplate): void {
  object.template ??= {}
  defaultPodTemplateSpec(object.template)
}

function prepareForCreate(object: PodTemplate): void {
  object.metadata.generation = 1
}

function prepareForUpdate(object: PodTemplate, old: PodTemplate): void {
  const generation = old.metadata.generation ?? 0
  object.metadata.generation = semanticallyEqual(object.template, old.template) ? generation : generation + 1
}

const validate = ({ template = {} }: PodTemplate): FieldError[] => validatePodTemplateSpec('template', template)

export const podTemplates: ResourceDefinition<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.PodTemplate',
  hasGeneration: true,
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate: validate,
  warnings: ({ template = {} }) => podSpecWarnings('template', template),
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template, 0),
    {
      name: 'Pod Labels',
      type: 'string',
      description: 'The labels for the pod template.',
      value: ({ template }) => formatLabels(template?.metadata?.labels),
    },
  ],
}
