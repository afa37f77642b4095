import { type FieldError, invalidValue, nameIsDnsSubdomain, type ResourceDefinition } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import { immutable } from '../../core/v1/field-checks.ts'
import { validateApproval } from './api-approval.ts'
import { validateNames } from './definition-names.ts'
import { validateSpec, validateStoredVersions } from './definition-spec.ts'
import { formatWarnings } from './schema-formats.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from './types.ts'

function defaults(definition: CustomResourceDefinition): void {
  definition.spec ??= {} as CustomResourceDefinitionSpec
  const { spec } = definition
  spec.names ??= {} as CustomResourceDefinitionSpec['names']
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase()
    spec.names.listKind ||= `${spec.names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const { service } = spec.conversion.webhook?.clientConfig ?? {}
  if (service) service.port ??= 443
  definition.status ??= {}
  keepStorageVersion(definition)
}

/** Once kept in a version, objects may be in it until somebody says that none are. */
function keepStorageVersion(definition: CustomResourceDefinition): void {
  definition.status ??= {}
  const stored = definition.status.storedVersions ?? []
  const current = (definition.spec.versions ?? []).find(({ storage }) => storage)?.name
  if (current && !stored.includes(current)) definition.status.storedVersions = [...stored, current]
}

function prepareForCreate(definition: CustomResourceDefinition): void {
  definition.status = {}
  keepStorageVersion(definition)
}

function validateOwnName({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const wanted = `${spec.names.plural ?? ''}.${spec.group ?? ''}`
  return metadata.name === wanted
    ? []
    : [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]
}

const validateStatus = ({ status }: CustomResourceDefinition): FieldError[] =>
  validateNames('status.acceptedNames', status?.acceptedNames ?? {})

function validate(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  return [
    ...(old ? [] : validateOwnName(definition)),
    ...validateSpec(definition.spec),
    ...validateStatus(definition),
    ...validateStoredVersions(definition.status?.storedVersions ?? [], definition.spec.versions ?? []),
    ...validateApproval(definition, old),
  ]
}

function validateUpdate(definition: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = definition
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')
  return [
    ...validate(definition, old),
    ...(established
      ? [
          ...immutable('spec.scope', spec.scope, old.spec.scope),
          ...immutable('spec.names.kind', spec.names.kind, old.spec.names.kind),
        ]
      : []),
    ...immutable('spec.group', spec.group, old.spec.group),
    ...immutable('spec.names.plural', spec.names.plural, old.spec.names.plural),
  ]
}

export const customResourceDefinitions: ResourceDefinition<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  validateName: nameIsDnsSubdomain,
  subresources: { status: true },
  defaults,
  prepareForCreate,
  prepareForUpdate: keepStorageVersion,
  validate: (definition) => validate(definition),
  validateUpdate,
  validateStatusUpdate: validateStatus,
  warnings: formatWarnings,
  columns: [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      description: 'When it was created.',
      value: ({ metadata }) => metadata.creationTimestamp ?? '',
    },
  ],
}
