import { duplicate, type FieldError, invalidValue, type ResourceDefinition, required } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, nonNegative, qualifiedName } from '../../core/v1/field-checks.ts'
import { validateCSIDriverName } from './csi-driver-name.ts'
import type { CSINode, CSINodeDriver } from './types.ts'

const longestNodeId = 256

function validateDriver(field: string, { name, nodeID, allocatable, topologyKeys }: CSINodeDriver): FieldError[] {
  const keys = topologyKeys ?? []
  return [
    ...validateCSIDriverName(`${field}.name`, name),
    ...(nodeID ? [] : [required(`${field}.nodeID`)]),
    ...((nodeID ?? '').length > longestNodeId
      ? [invalidValue(`${field}.nodeID`, nodeID, `must be ${longestNodeId} characters or less`)]
      : []),
    ...nonNegative(`${field}.allocatable.count`, allocatable?.count),
    ...keys.flatMap((key, index) => [
      ...(key ? [] : [required(field)]),
      ...(keys.indexOf(key) < index ? [duplicate(field, key)] : []),
      ...qualifiedName(field, key),
    ]),
  ]
}

function validate({ spec }: CSINode): FieldError[] {
  const drivers = spec.drivers ?? []
  const names = drivers.map(({ name }) => name)
  return drivers.flatMap((driver, index) => {
    const field = `spec.drivers[${index}]`
    const errors = validateDriver(field, driver)
    return names.indexOf(driver.name) < index ? [...errors, duplicate(`${field}.name`, driver.name)] : errors
  })
}

/** A driver may change how many volumes it can attach, and nothing else. */
const fixed = ({ allocatable: _, ...driver }: CSINodeDriver): object => driver

const validateDriversUpdate = ({ spec }: CSINode, old: CSINode): FieldError[] =>
  (old.spec.drivers ?? []).flatMap((before) =>
    (spec.drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap((driver) => immutable('spec.drivers', fixed(driver), fixed(before))),
  )

export const csiNodes: ResourceDefinition<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  scope: 'Cluster',
  schema: 'io.k8s.api.storage.v1.CSINode',
  allowUnconditionalUpdate: false,
  defaults: (node) => {
    node.spec ??= { drivers: [] }
    node.spec.drivers ??= []
  },
  validate,
  validateUpdate: (node, old) => [...validate(node), ...validateDriversUpdate(node, old)],
  columns: [
    nameColumn,
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Drivers indicates the number of CSI drivers registered on the node',
      value: ({ spec }) => (spec.drivers ?? []).length,
    },
    ageColumn,
  ],
}
