import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable } from '../../core/v1/field-checks.ts'
import { validateTemplateMetadata } from '../../meta/v1/template-metadata.ts'
import { defaultClaimSpec, validateClaimSpec } from './claim-spec.ts'
import type { ResourceClaimTemplate } from './types.ts'

const validate = ({ spec: { metadata, spec } }: ResourceClaimTemplate): FieldError[] => [
  ...validateTemplateMetadata('spec.metadata', metadata),
  ...validateClaimSpec('spec.spec', spec),
]

export const resourceClaimTemplates: ResourceDefinition<ResourceClaimTemplate> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  scope: 'Namespaced',
  schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  defaults: (template) => {
    template.spec ??= { spec: {} }
    template.spec.spec ??= {}
    defaultClaimSpec(template.spec.spec)
  },
  validate,
  validateUpdate: ({ spec }, old) => immutable('spec', spec, old.spec),
  columns: [nameColumn, ageColumn],
}
