import {
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  required,
  semanticallyEqual,
  tooLong,
} from '@tandem/apimachinery'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { validateNodeSelector } from '../../core/v1/node-selector.ts'
import { validateBindingConditions } from './binding-conditions.ts'
import { validateBounded, validateBoundedMap } from './bounded.ts'
import { maxKeyLength, validateQualifiedName, validateShortName } from './device-names.ts'
import { validateTaint } from './device-taint.ts'
import { validateRequestPolicy } from './request-policy.ts'
import type { Counter, Device, DeviceAttribute } from './types.ts'

const maxAttributesAndCapacities = 32
const maxAttributeText = 64
const maxTaints = 16
const maxConsumptions = 2
export const maxCounters = 32

const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/

/** `perDevice`: the slice leaves it to each device to say on which nodes it is. */
export function validateDevice(
  field: string,
  device: Device,
  { old, perDevice }: { old?: Device | undefined; perDevice: boolean },
): FieldError[] {
  const names = Object.keys(device.attributes ?? {}).length + Object.keys(device.capacity ?? {}).length
  return [
    ...validateShortName(`${field}.name`, device.name),
    ...(names > maxAttributesAndCapacities
      ? [
          invalidValue(
            field,
            names,
            `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`,
          ),
        ]
      : []),
    ...validateBoundedMap(`${field}.attributes`, device.attributes, {
      maxKey: maxKeyLength,
      validateKey: validateQualifiedName,
      validate: validateAttribute,
    }),
    ...validateBoundedMap(`${field}.capacity`, device.capacity, {
      maxKey: maxKeyLength,
      validateKey: validateQualifiedName,
      validate: (at, { value, requestPolicy }) => {
        if (!requestPolicy) return []
        return device.allowMultipleAllocations
          ? validateRequestPolicy(`${at}.requestPolicy`, value, requestPolicy)
          : [forbiddenField(`${at}.requestPolicy`, 'allowMultipleAllocations must be true')]
      },
    }),
    ...(old && semanticallyEqual(old.taints, device.taints)
      ? []
      : validateBounded(`${field}.taints`, device.taints, { max: maxTaints, validate: validateTaint })),
    ...validateBounded(`${field}.consumesCounters`, device.consumesCounters, {
      max: maxConsumptions,
      validate: (at, { counterSet, counters }) => [
        ...(counterSet ? validateShortName(`${at}.counterSet`, counterSet) : [required(`${at}.counterSet`)]),
        ...validateCounters(`${at}.counters`, counters),
      ],
      key: ({ counterSet }) => counterSet,
    }),
    ...(perDevice ? validatePlace(field, device) : validateNoPlace(field, device)),
    ...validateBindingConditions(field, device),
  ]
}

export function validateCounters(field: string, counters: Readonly<Record<string, Counter>> | undefined): FieldError[] {
  if (Object.keys(counters ?? {}).length === 0) return [required(field)]
  return validateBoundedMap(field, counters, {
    max: maxCounters,
    maxKey: 63,
    validateKey: validateShortName,
    validate: () => [],
  })
}

function validateAttribute(field: string, attribute: DeviceAttribute): FieldError[] {
  const errors: FieldError[] = []
  if (attribute.string !== undefined) errors.push(...validateText(`${field}.string`, attribute.string))
  if (attribute.version !== undefined) errors.push(...validateVersion(`${field}.version`, attribute.version))
  const count = Object.values(attribute).filter((value) => value !== undefined).length
  if (count !== 1) errors.push(invalidValue(field, count === 0 ? '' : attribute, 'exactly one value must be specified'))
  return errors
}

const validateText = (field: string, text: string): FieldError[] =>
  Buffer.byteLength(text) > maxAttributeText ? [tooLong(field, maxAttributeText)] : []

const validateVersion = (field: string, version: string): FieldError[] => [
  ...(semver.test(version)
    ? []
    : [invalidValue(field, version, 'must be a string compatible with semver.org spec 2.0.0')]),
  ...validateText(field, version),
]

function validatePlace(field: string, { nodeName, nodeSelector, allNodes }: Device): FieldError[] {
  const errors: FieldError[] = []
  const set: string[] = []
  if (nodeName) {
    set.push('`nodeName`')
    errors.push(...invalidEach(`${field}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName, false)))
  } else if (nodeName !== undefined) errors.push(invalidValue(`${field}.nodeName`, nodeName, 'must not be empty'))
  if (nodeSelector) {
    set.push('`nodeSelector`')
    errors.push(...validateNodeSelector(`${field}.nodeSelector`, nodeSelector))
  }
  if (allNodes) set.push('`allNodes`')
  else if (allNodes === false)
    errors.push(invalidValue(`${field}.allNodes`, allNodes, 'must be either unset or set to true'))
  const one =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (set.length === 0) errors.push(required(field, one))
  if (set.length > 1) errors.push(invalidValue(field, `{${set.join(', ')}}`, one))
  return errors
}

const validateNoPlace = (field: string, { nodeName, nodeSelector, allNodes }: Device): FieldError[] =>
  nodeName === undefined && nodeSelector === undefined && allNodes === undefined
    ? []
    : [
        invalidValue(
          field,
          null,
          '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
        ),
      ]
