import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { formatLabels, nameColumn } from '@tandem/apimachinery/columns'
import { dropDisabledFields } from './pod-spec/disabled-fields.ts'
import { podSpecWarnings } from './pod-spec/warnings.ts'
import { defaultPodTemplateSpec, validatePodTemplateSpec } from './pod-template.ts'
import { containerColumns } from './template-columns.ts'
import type { PodTemplate } from './types.ts'

function defaults(object: PodTemplate): void {
  object.template ??= {}
  defaultPodTemplateSpec(object.template)
}

const prepare = ({ template }: PodTemplate): void => dropDisabledFields(template?.spec)

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
  prepareForCreate: prepare,
  prepareForUpdate: prepare,
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
