import {
  duplicate,
  type FieldError,
  invalidValue,
  type ResourceDefinition,
  required,
  semanticallyEqual,
  tooLong,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { validateLabelName } from '@tandem/apimachinery/object-meta'
import { immutable, oneOf, optionalOneOf, qualifiedName } from '../../core/v1/field-checks.ts'
import type { TopologySelectorTerm } from '../../core/v1/types.ts'
import type { StorageClass } from './types.ts'

/** Whether claims without a class get this one. */
export const isDefaultClassAnnotation = 'storageclass.kubernetes.io/is-default-class'
const betaIsDefaultClassAnnotation = 'storageclass.beta.kubernetes.io/is-default-class'
const limits = { parameters: 512, bytes: 256 * 1024 }

export const isDefaultClass = ({ metadata: { annotations = {} } }: StorageClass): boolean =>
  annotations[isDefaultClassAnnotation] === 'true' || annotations[betaIsDefaultClassAnnotation] === 'true'

export const validateProvisioner = (field: string, provisioner: string | undefined): FieldError[] =>
  provisioner ? qualifiedName(field, provisioner.toLowerCase()) : [required(field)]

export function validateParameters(parameters: Readonly<Record<string, string>> = {}): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > limits.parameters) return [tooLong('parameters', limits.parameters)]
  const errors = entries.flatMap(([key]) =>
    key === '' ? [invalidValue('parameters', key, 'field can not be empty.')] : [],
  )
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return size > limits.bytes ? [...errors, tooLong('parameters', limits.bytes)] : errors
}

function validateTopologies(topologies: readonly TopologySelectorTerm[] = []): FieldError[] {
  const field = 'allowedTopologies'
  return topologies.flatMap((term, index) => {
    const at = `${field}[${index}].matchLabelExpressions`
    const errors = validateTopologyTerm(at, term)
    const isEmpty = (term.matchLabelExpressions ?? []).length === 0
    if (isEmpty || topologies.slice(0, index).some((other) => semanticallyEqual(other, term)))
      errors.push(duplicate(at, ''))
    return errors
  })
}

function validateTopologyTerm(field: string, { matchLabelExpressions = [] }: TopologySelectorTerm): FieldError[] {
  const keys = matchLabelExpressions.map(({ key }) => key)
  return matchLabelExpressions.flatMap(({ key, values = [] }, index) => {
    const at = `${field}[${index}]`
    return [
      ...(values.length === 0 ? [required(`${at}.values`)] : []),
      ...values.flatMap((value, i) => (values.indexOf(value) < i ? [duplicate(`${at}.values[${i}]`, value)] : [])),
      ...validateLabelName(key, `${at}.key`),
      ...(keys.indexOf(key) < index ? [duplicate(`${at}.key`, key)] : []),
    ]
  })
}

const validate = (storageClass: StorageClass): FieldError[] => [
  ...validateProvisioner('provisioner', storageClass.provisioner),
  ...validateParameters(storageClass.parameters),
  ...optionalOneOf('reclaimPolicy', storageClass.reclaimPolicy || undefined, ['Delete', 'Retain']),
  ...oneOf('volumeBindingMode', storageClass.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
  ...validateTopologies(storageClass.allowedTopologies),
]

export const storageClasses: ResourceDefinition<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  scope: 'Cluster',
  schema: 'io.k8s.api.storage.v1.StorageClass',
  defaults: (storageClass) => {
    storageClass.reclaimPolicy ??= 'Delete'
    storageClass.volumeBindingMode ??= 'Immediate'
  },
  validate,
  validateUpdate: (storageClass, old) => [
    ...validate(storageClass),
    ...immutable('parameters', storageClass.parameters, old.parameters),
    ...immutable('provisioner', storageClass.provisioner, old.provisioner),
    ...immutable('reclaimPolicy', storageClass.reclaimPolicy, old.reclaimPolicy),
    ...immutable('volumeBindingMode', storageClass.volumeBindingMode, old.volumeBindingMode),
  ],
  columns: [
    {
      ...nameColumn,
      value: (storageClass) => `${storageClass.metadata.name}${isDefaultClass(storageClass) ? ' (default)' : ''}`,
    },
    {
      name: 'Provisioner',
      type: 'string',
      description: 'Who makes its volumes.',
      value: ({ provisioner }) => provisioner,
    },
    {
      name: 'ReclaimPolicy',
      type: 'string',
      description: 'What becomes of a released volume.',
      value: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    },
    {
      name: 'VolumeBindingMode',
      type: 'string',
      description: 'When volumes are made and bound.',
      value: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      type: 'string',
      description: 'Whether volumes can grow.',
      value: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
}
