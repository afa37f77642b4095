import { compareQuantities, type FieldError, invalidValue, type ResourceDefinition } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import { dns1123Subdomain, immutable } from '../../core/v1/field-checks.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import type { CSIStorageCapacity } from './types.ts'

const validate = ({ nodeTopology, storageClassName = '', capacity }: CSIStorageCapacity): FieldError[] => [
  ...validateLabelSelector('nodeTopology', nodeTopology),
  ...dns1123Subdomain('storageClassName', storageClassName),
  ...(capacity !== undefined && compareQuantities(capacity, '0') < 0
    ? [invalidValue('capacity', capacity, 'must be greater than or equal to 0')]
    : []),
]

export const csiStorageCapacities: ResourceDefinition<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'Namespaced',
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  allowUnconditionalUpdate: false,
  validate,
  validateUpdate: (capacity, old) => [
    ...validate(capacity),
    ...immutable('nodeTopology', capacity.nodeTopology, old.nodeTopology),
    ...immutable('storageClassName', capacity.storageClassName, old.storageClassName),
  ],
  columns: [
    nameColumn,
    {
      name: 'StorageClassName',
      type: 'string',
      description: 'The class that the capacity is of.',
      value: ({ storageClassName }) => storageClassName,
    },
    {
      name: 'Capacity',
      type: 'string',
      description: 'What is free.',
      value: ({ capacity }) => capacity ?? '<unset>',
    },
  ],
}
