import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  parseQuantity,
  required,
} from '@tandem/apimachinery'
import { dns1123Label } from '../field-checks.ts'
import { aggregateContainerLimits, aggregateContainerRequests } from '../pod-resources.ts'
import { printResources, type ResourceList } from '../resource-list.ts'
import {
  isHugePageMultiple,
  isHugePages,
  isOvercommitAllowed,
  validateContainerResourceName,
  validatePodResourceName,
  validateResourceQuantity,
} from '../resource-name.ts'
import type { PodSpec, ResourceClaim, ResourceRequirements } from '../types.ts'

type NameCheck = (field: string, name: string) => FieldError[]

function validateAmount(field: string, name: string, quantity: string, validateName: NameCheck): FieldError[] {
  const errors = [...validateName(field, name), ...validateResourceQuantity(field, name, quantity)]
  if (isHugePages(name) && !isHugePageMultiple(name, quantity))
    errors.push(invalidValue(field, quantity, `${quantity} is not positive integer multiple of ${name}`))
  return errors
}

/** A request stays below its limit; what cannot be overcommitted is limited to just what is requested. */
function validateAgainstLimit(field: string, name: string, request: string, limit: string | undefined): FieldError[] {
  if (limit === undefined)
    return isOvercommitAllowed(name)
      ? []
      : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')]
  const order = compareQuantities(request, limit)
  if (order !== 0 && !isOvercommitAllowed(name))
    return [invalidValue(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`)]
  return order > 0
    ? [invalidValue(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

const claimsAny = (lists: readonly Readonly<ResourceList>[], isSuch: (name: string) => boolean): boolean =>
  lists.some((list) => Object.keys(list).some(isSuch))

function validateClaims(field: string, claims: readonly ResourceClaim[], known: readonly string[]): FieldError[] {
  const seen = new Set<string>()
  return claims.flatMap(({ name, request }, i) => {
    const at = `${field}[${i}]`
    if (!name) return [required(at)]
    const errors: FieldError[] = []
    const key = request ? `${name}/${request}` : name
    if (request) errors.push(...dns1123Label(`${at}.request`, request))
    const overlaps = request ? seen.has(name) : [...seen].some((other) => other.startsWith(`${name}/`))
    if (seen.has(key) || overlaps) errors.push(duplicate(at, seen.has(key) ? key : name))
    seen.add(key)
    if (!known.includes(name)) {
      const names = known.length === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`
      errors.push({
        type: 'FieldValueNotFound',
        field: at,
        message: `Not found: "${name}": must be one of the names in pod.spec.resourceClaims${names}`,
      })
    }
    return errors
  })
}

function validateRequirements(
  field: string,
  requirements: ResourceRequirements,
  validateName: NameCheck,
  claimNames: readonly string[],
): FieldError[] {
  const { limits = {}, requests = {}, claims = [] } = requirements
  const errors: FieldError[] = []
  for (const [name, quantity] of Object.entries(limits))
    errors.push(...validateAmount(`${field}.limits[${name}]`, name, quantity, validateName))
  for (const [name, quantity] of Object.entries(requests)) {
    errors.push(...validateAmount(`${field}.requests[${name}]`, name, quantity, validateName))
    errors.push(...validateAgainstLimit(field, name, quantity, limits[name]))
  }
  const isCompute = (name: string): boolean => name === 'cpu' || name === 'memory'
  if (claimsAny([limits, requests], isHugePages) && !claimsAny([limits, requests], isCompute))
    errors.push(forbiddenField(field, 'HugePages require cpu or memory'))
  return [...errors, ...validateClaims(`${field}.claims`, claims, claimNames)]
}

export const validateContainerResources = (
  field: string,
  resources: ResourceRequirements | undefined,
  claimNames: readonly string[],
): FieldError[] => validateRequirements(field, resources ?? {}, validateContainerResourceName, claimNames)

/** Overhead is written as limits are. */
export const validateOverhead = (field: string, overhead: ResourceList | undefined): FieldError[] =>
  overhead ? validateRequirements(field, { limits: overhead }, validateContainerResourceName, []) : []

const exceeds = (amount: string, bound: string | undefined): bound is string =>
  bound !== undefined && compareQuantities(amount, bound) > 0

/** What the pod has as a whole is enough for its containers together, and for each of them. */
function validateConsistency(field: string, spec: PodSpec): FieldError[] {
  const { requests, limits } = spec.resources ?? {}
  const pod = { metadata: {} as never, spec }
  const errors: FieldError[] = []
  for (const [name, sum] of Object.entries(printResources(aggregateContainerRequests(pod)))) {
    const bound = requests?.[name]
    if (exceeds(sum, bound))
      errors.push(
        invalidValue(
          `${field}.requests[${name}]`,
          bound,
          `must be greater than or equal to aggregate container requests of ${sum}`,
        ),
      )
  }
  for (const [name, sum] of Object.entries(printResources(aggregateContainerLimits(pod)))) {
    const bound = limits?.[name]
    if (isHugePages(name) && exceeds(sum, bound))
      errors.push(
        invalidValue(
          `${field}.limits[${name}]`,
          bound,
          `must be greater than or equal to aggregate container limits of ${sum}`,
        ),
      )
  }
  for (const [i, { resources }] of spec.containers.entries())
    for (const [name, limit] of Object.entries(resources?.limits ?? {}))
      if (exceeds(limit, limits?.[name]))
        errors.push(
          invalidValue(
            `${field}.containers[${i}][${name}].limits`,
            limit,
            `must be less than or equal to pod limits of ${limits?.[name]}`,
          ),
        )
  return errors
}

/** A pod's own `resources`. */
export function validatePodResources(field: string, spec: PodSpec, claimNames: readonly string[]): FieldError[] {
  const { resources, os } = spec
  if (!resources) return []
  if (os?.name === 'windows') return [forbiddenField(field, 'may not be set for a windows pod')]
  const errors: FieldError[] = []
  if (resources.claims)
    errors.push(forbiddenField(`${field}.claims`, 'claims may not be set for Resources at pod-level'))
  errors.push(...validateRequirements(field, resources, validatePodResourceName, claimNames))
  return [...errors, ...validateConsistency(field, spec)]
}

export const isNegative = (quantity: string): boolean => parseQuantity(quantity).nanos < 0n
