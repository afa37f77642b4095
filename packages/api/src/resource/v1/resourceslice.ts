import {
  type FieldError,
  invalidValue,
  nameIsDnsSubdomain,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, invalidEach } from '../../core/v1/field-checks.ts'
import { validateNodeSelector } from '../../core/v1/node-selector.ts'
import { validateBounded } from './bounded.ts'
import { validateCounters, validateDevice } from './device.ts'
import { validateDriverName, validatePoolName, validateShortName } from './device-names.ts'
import type { Device, ResourcePool, ResourceSlice, ResourceSliceSpec } from './types.ts'

const maxDevices = 128
const maxAdvancedDevices = 64
const maxCounterSets = 8
const places = '`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`'

function defaults(slice: ResourceSlice): void {
  slice.spec ??= {} as ResourceSliceSpec
  slice.spec.pool ??= {} as ResourcePool
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  for (const { taints = [] } of slice.spec.devices ?? []) for (const taint of taints) taint.timeAdded ??= now
}

/** Attributes with several values, and what of a node's own resources a device takes, are not there in this version yet. */
function dropDisabledFields({ spec }: ResourceSlice): void {
  for (const device of spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings
    for (const attribute of Object.values(device.attributes ?? {}))
      for (const list of ['bools', 'ints', 'strings', 'versions'] as const) delete attribute[list]
  }
}

/** What costs more to look at leaves room for fewer devices. */
const isAdvanced = ({ taints = [], consumesCounters = [] }: Device): boolean =>
  taints.length + consumesCounters.length > 0

function validate({ spec }: ResourceSlice, old?: ResourceSlice): FieldError[] {
  const devices = spec.devices ?? []
  return [
    ...validateDriverName('spec.driver', spec.driver),
    ...validatePool('spec.pool', spec.pool),
    ...(old
      ? [
          ...immutable('spec.pool.name', spec.pool.name, old.spec.pool.name),
          ...immutable('spec.driver', spec.driver, old.spec.driver),
          ...immutable('spec.nodeName', spec.nodeName, old.spec.nodeName),
        ]
      : []),
    ...validatePlace(spec),
    ...(spec.sharedCounters && spec.devices
      ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...validateBounded('spec.devices', devices, {
      max: devices.some(isAdvanced) ? maxAdvancedDevices : maxDevices,
      validate: (field, device) =>
        validateDevice(field, device, {
          old: old?.spec.devices?.find(({ name }) => name === device.name),
          perDevice: spec.perDeviceNodeSelection === true,
        }),
      key: ({ name }) => name,
    }),
    ...validateBounded('spec.sharedCounters', spec.sharedCounters, {
      max: maxCounterSets,
      validate: (field, { name, counters }) => [
        ...(name ? validateShortName(`${field}.name`, name) : [required(`${field}.name`)]),
        ...validateCounters(`${field}.counters`, counters),
      ],
      key: ({ name }) => name,
    }),
  ]
}

function validatePool(field: string, { name, generation = 0, resourceSliceCount = 0 }: ResourcePool): FieldError[] {
  const errors = validatePoolName(`${field}.name`, name)
  if (resourceSliceCount <= 0)
    errors.push(invalidValue(`${field}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero'))
  if (generation < 0)
    errors.push(invalidValue(`${field}.generation`, generation, 'must be greater than or equal to zero'))
  return errors
}

/** On which nodes the devices are: said once, in one of four ways. */
function validatePlace({ nodeName, nodeSelector, ...flags }: ResourceSliceSpec): FieldError[] {
  const errors: FieldError[] = []
  const set: string[] = []
  if (nodeName) {
    set.push('`nodeName`')
    errors.push(...invalidEach('spec.nodeName', nodeName, nameIsDnsSubdomain(nodeName, false)))
  } else if (nodeName !== undefined)
    errors.push(invalidValue('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'))
  if (nodeSelector) {
    set.push('`nodeSelector`')
    errors.push(...validateNodeSelector('spec.nodeSelector', nodeSelector))
    const { nodeSelectorTerms: terms } = nodeSelector
    if ((terms ?? []).length !== 1)
      errors.push(
        invalidValue('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term'),
      )
  }
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (flags[name]) set.push(`\`${name}\``)
    else if (flags[name] === false)
      errors.push(invalidValue(`spec.${name}`, false, 'must be either unset or set to true'))
  }
  if (set.length === 0) errors.push(required('spec', `exactly one of ${places} is required`))
  if (set.length > 1)
    errors.push(
      invalidValue('spec', `{${set.join(', ')}}`, `exactly one of ${places} is required, but multiple fields are set`),
    )
  return errors
}

export const resourceSlices: ResourceDefinition<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  scope: 'Cluster',
  schema: 'io.k8s.api.resource.v1.ResourceSlice',
  hasGeneration: true,
  defaults,
  prepareForCreate: dropDisabledFields,
  prepareForUpdate: dropDisabledFields,
  validate: (slice) => validate(slice),
  validateUpdate: validate,
  warnings: ({ spec: { driver = '' } }) =>
    driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; "${driver}" contains uppercase characters`],
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver ?? '',
  },
  columns: [
    nameColumn,
    { name: 'Node', type: 'string', description: 'Its node.', value: ({ spec }) => spec.nodeName ?? '' },
    { name: 'Driver', type: 'string', description: 'Its driver.', value: ({ spec }) => spec.driver ?? '' },
    { name: 'Pool', type: 'string', description: 'Its pool.', value: ({ spec }) => spec.pool?.name ?? '' },
    ageColumn,
  ],
}
