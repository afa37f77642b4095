import {
  type FieldError,
  forbiddenField,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { validateParameters, validateProvisioner } from './storageclass.ts'
import type { VolumeAttributesClass } from './types.ts'

const validate = ({ driverName, parameters = {} }: VolumeAttributesClass): FieldError[] => [
  ...validateProvisioner('driverName', driverName),
  ...validateParameters(parameters),
  ...(Object.keys(parameters).length === 0 ? [required('parameters', 'must contain at least one key/value pair')] : []),
]

export const volumeAttributesClasses: ResourceDefinition<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  validate,
  validateUpdate: (attributesClass, old) => [
    ...(attributesClass.driverName === old.driverName
      ? []
      : [forbiddenField('driverName', 'updates to driverName are forbidden.')]),
    ...(semanticallyEqual(attributesClass.parameters, old.parameters)
      ? []
      : [forbiddenField('parameters', 'updates to parameters are forbidden.')]),
    ...validate(attributesClass),
  ],
  columns: [
    nameColumn,
    {
      name: 'DriverName',
      type: 'string',
      description: 'The driver that knows the parameters.',
      value: ({ driverName }) => driverName,
    },
    ageColumn,
  ],
}
