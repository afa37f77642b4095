import {
  type FieldError,
  invalidValue,
  required,
  semanticallyEqual,
  validateDns1035Label,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { oneOf } from '../../core/v1/field-checks.ts'
import { validateConversion } from './definition-conversion.ts'
import { requireNames, validateNames } from './definition-names.ts'
import {
  validateColumn,
  validateDeprecation,
  validateSelectableFields,
  validateSubresources,
} from './definition-version.ts'
import { validateSchema } from './schema-rules.ts'
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion } from './types.ts'

export function validateSpec(spec: CustomResourceDefinitionSpec): FieldError[] {
  const versions = spec.versions ?? []
  return [
    ...validateGroup('spec.group', spec.group),
    ...oneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...versions.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema ? [] : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
    ),
    ...versions.flatMap((version, index) => validateVersion(`spec.versions[${index}]`, version)),
    ...validateParts(versions),
    ...validateVersionList(versions),
    ...requireNames('spec.names', spec.names),
    ...validateNames('spec.names', spec.names),
    ...(spec.conversion ? validateConversion('spec.conversion', spec.conversion) : []),
    ...(spec.preserveUnknownFields
      ? [
          invalidValue(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ]
}

function validateGroup(field: string, group: string): FieldError[] {
  if (!group) return [required(field)]
  const faults = validateDns1123Subdomain(group)
  if (faults.length > 0) return [invalidValue(field, group, faults.join(','))]
  return group.includes('.') ? [] : [invalidValue(field, group, 'should be a domain with at least one dot')]
}

function validateVersion(field: string, version: CustomResourceDefinitionVersion): FieldError[] {
  const faults = validateDns1035Label(version.name ?? '')
  return [
    ...(faults.length > 0 ? [invalidValue(`${field}.name`, version.name ?? '', faults.join(','))] : []),
    ...validateDeprecation(`${field}.deprecationWarning`, version),
  ]
}

interface Part<T> {
  /** Where it is told of when all versions have the same: upstream's server keeps it once then. */
  shared: string
  own: string
  of(version: CustomResourceDefinitionVersion): T | undefined
  validate(field: string, value: T, version: CustomResourceDefinitionVersion): FieldError[]
}

function validatePart<T>(versions: readonly CustomResourceDefinitionVersion[], part: Part<T>): FieldError[] {
  const [first] = versions
  const isShared = versions.every((version) => first && semanticallyEqual(part.of(version), part.of(first)))
  const checked = isShared ? versions.slice(0, 1) : versions
  return checked.flatMap((version, index) => {
    const value = part.of(version)
    if (value === undefined) return []
    return part.validate(isShared ? `spec.${part.shared}` : `spec.versions[${index}].${part.own}`, value, version)
  })
}

const validateParts = (versions: readonly CustomResourceDefinitionVersion[]): FieldError[] => [
  ...validatePart(versions, {
    shared: 'validation.openAPIV3Schema',
    own: 'schema.openAPIV3Schema',
    of: ({ schema }) => schema?.openAPIV3Schema,
    validate: (field, schema, { subresources }) =>
      validateSchema(field, schema, { status: subresources?.status !== undefined }),
  }),
  ...validatePart(versions, {
    shared: 'subresources',
    own: 'subresources',
    of: ({ subresources }) => subresources,
    validate: validateSubresources,
  }),
  ...validatePart(versions, {
    shared: 'additionalPrinterColumns',
    own: 'additionalPrinterColumns',
    of: ({ additionalPrinterColumns }) => additionalPrinterColumns,
    validate: (field, columns) => columns.flatMap((column, index) => validateColumn(`${field}[${index}]`, column)),
  }),
  ...validatePart(versions, {
    shared: 'selectableFields',
    own: 'selectableFields',
    of: ({ selectableFields }) => selectableFields,
    validate: (field, fields, { schema }) =>
      schema?.openAPIV3Schema ? validateSelectableFields(field, fields, schema.openAPIV3Schema) : [],
  }),
]

function validateVersionList(versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const names = new Set(versions.map(({ name }) => name))
  const errors: FieldError[] = []
  if (names.size < versions.length)
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'))
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'))
  return errors
}

/** Every version that objects may be kept in is still there, and the one they are kept in now is among them. */
export function validateStoredVersions(
  stored: readonly string[],
  versions: readonly CustomResourceDefinitionVersion[],
): FieldError[] {
  const field = 'status.storedVersions'
  if (stored.length === 0) return [invalidValue(field, stored, 'must have at least one stored version')]
  const names = versions.map(({ name }) => name)
  return [
    ...versions
      .filter(({ name, storage }) => storage && !stored.includes(name))
      .map(({ name }) => invalidValue(field, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) =>
      names.includes(name)
        ? []
        : [
            invalidValue(
              `${field}[${index}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ]
}
