import {
  type FieldError,
  invalidValue,
  notSupported,
  parseQuantity,
  type QuantityLike,
  quantityValue,
} from '@tandem/apimachinery'
import { qualifiedName } from './field-checks.ts'

const computeResources = ['cpu', 'memory', 'ephemeral-storage']
const countedObjects = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const requestsAndLimits = [
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]
const standardResources = new Set([
  ...computeResources,
  ...requestsAndLimits,
  ...countedObjects,
  'storage',
  'requests.storage',
])
const standardQuotaResources = new Set([
  ...computeResources,
  ...requestsAndLimits,
  ...countedObjects,
  'requests.storage',
])
const integerResources = new Set(countedObjects)

const hugePagesPrefix = 'hugepages-'
export const isHugePages = (name: string): boolean => name.startsWith(hugePagesPrefix)
const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith(`requests.${hugePagesPrefix}`)

export const isStandardResource = (name: string): boolean => standardResources.has(name) || isQuotaHugePages(name)
export const isStandardContainerResource = (name: string): boolean =>
  computeResources.includes(name) || isHugePages(name)
export const isStandardQuotaResource = (name: string): boolean =>
  standardQuotaResources.has(name) || isQuotaHugePages(name)

/** Kubernetes' own: without a prefix, or under kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Devices and the like, which nodes advertise and which are counted in whole numbers. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && qualifiedName('', `requests.${name}`).length === 0

/** May containers be promised more of it, in limits, than there is? */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

/** What a pod's own `resources` may name. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)

export function validateResourceName(field: string, name: string): FieldError[] {
  const errors = qualifiedName(field, name)
  if (errors.length > 0 || name.includes('/') || isStandardResource(name)) return errors
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')]
}

export function validateContainerResourceName(field: string, name: string): FieldError[] {
  const errors = validateResourceName(field, name)
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name))
      errors.push(invalidValue(field, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResource(name))
    errors.push(invalidValue(field, name, "doesn't follow extended resource name standard"))
  return errors
}

export function validatePodResourceName(field: string, name: string): FieldError[] {
  const errors = validateResourceName(field, name)
  if (errors.length > 0 || isPodLevelResource(name)) return errors
  return [notSupported(field, name, ['cpu', 'hugepages-', 'memory'])]
}

export function validateQuotaResourceName(field: string, name: string): FieldError[] {
  const errors = validateResourceName(field, name)
  if (!name.includes('/') && !isStandardQuotaResource(name))
    errors.push(invalidValue(field, name, 'must be a standard resource for quota'))
  return errors
}

/** An amount is never negative, and what is counted comes in whole numbers. */
export function validateResourceQuantity(field: string, name: string, quantity: string): FieldError[] {
  const errors: FieldError[] = []
  const amount = parseQuantity(quantity)
  if (amount.nanos < 0n) errors.push(invalidValue(field, quantity, 'must be greater than or equal to 0'))
  const counted = integerResources.has(name) || isExtendedResource(name)
  if (counted && amount.nanos % 1_000_000_000n !== 0n) errors.push(invalidValue(field, quantity, 'must be an integer'))
  return errors
}

/** Huge pages come in multiples of their size, which stands in their name: `hugepages-2Mi`. */
export function isHugePageMultiple(name: string, quantity: QuantityLike): boolean {
  const size = hugePageSize(name)
  return size !== undefined && size > 0 && quantityValue(quantity) % size === 0
}

function hugePageSize(name: string): number | undefined {
  try {
    return quantityValue(name.slice(hugePagesPrefix.length))
  } catch {
    return undefined
  }
}
