import { nameIsDnsLabel, type ResourceDefinition } from '@tandem/apimachinery'
import { columns } from './service/columns.ts'
import { defaults } from './service/defaults.ts'
import { prepareForCreate, prepareForUpdate } from './service/prepare.ts'
import { validate, validateStatusUpdate, validateUpdate } from './service/validation.ts'
import { warnings } from './service/warnings.ts'
import type { Service } from './types.ts'

export const services: ResourceDefinition<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Service',
  allowCreateOnUpdate: true,
  validateName: nameIsDnsLabel,
  subresources: {
    status: true,
    others: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }],
  },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate,
  validateStatusUpdate,
  warnings,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  columns,
}
