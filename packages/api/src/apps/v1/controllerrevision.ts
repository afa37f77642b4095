import { controllerOf, type FieldError, parseApiVersion, type ResourceDefinition, required } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, nonNegative } from '../../core/v1/field-checks.ts'
import type { ControllerRevision } from './types.ts'

const validateRevision = ({ revision }: ControllerRevision): FieldError[] => nonNegative('revision', revision)

function validateData({ data }: ControllerRevision): FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')]
  return typeof data === 'object' && !Array.isArray(data) ? [] : [required('data', 'data must be a valid JSON object')]
}

function controllerName(revision: ControllerRevision): string {
  const owner = controllerOf(revision)
  if (!owner) return '<none>'
  const { group } = parseApiVersion(owner.apiVersion)
  return `${[owner.kind, group].filter(Boolean).join('.').toLowerCase()}/${owner.name}`
}

export const controllerRevisions: ResourceDefinition<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  scope: 'Namespaced',
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  defaults: (revision) => {
    revision.revision ??= 0
  },
  validate: (revision) => [...validateRevision(revision), ...validateData(revision)],
  validateUpdate: (revision, old) => [...validateRevision(revision), ...immutable('data', revision.data, old.data)],
  columns: [
    nameColumn,
    { name: 'Controller', type: 'string', description: 'Controller of the object', value: controllerName },
    {
      name: 'Revision',
      type: 'string',
      description: 'Which state of the controller this is.',
      value: ({ revision }) => revision,
    },
    ageColumn,
  ],
}
