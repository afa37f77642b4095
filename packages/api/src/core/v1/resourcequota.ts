import {
  compareQuantities,
  type FieldError,
  invalidValue,
  parseQuantity,
  printQuantity,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { type ResourceList, roundResourceList } from './resource-list.ts'
import { isStandardQuotaResource, validateQuotaResourceName, validateResourceQuantity } from './resource-name.ts'
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from './types.ts'

const standardScopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'VolumeAttributesClass',
]
const onlyExists = [...standardScopes.slice(0, 4), 'CrossNamespacePodAffinity']
const conflicting = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]
const podResources = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]

function defaults(quota: ResourceQuota): void {
  quota.spec ??= {}
  quota.status ??= {}
  roundResourceList(quota.spec.hard)
  roundResourceList(quota.status.hard)
  roundResourceList(quota.status.used)
}

function prepareForCreate(quota: ResourceQuota): void {
  quota.status = {}
}

function prepareForUpdate(quota: ResourceQuota, old: ResourceQuota): void {
  quota.status = old.status
}

const validateList = (field: string, list: Readonly<ResourceList> | undefined): FieldError[] =>
  Object.entries(list ?? {}).flatMap(([name, quantity]) => [
    ...validateQuotaResourceName(`${field}[${name}]`, name),
    ...validateResourceQuantity(`${field}[${name}]`, name, quantity),
  ])

/** BestEffort pods request nothing but to be; the other scopes count their amounts too. */
function isScopeFor(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope === 'VolumeAttributesClass') return ['persistentvolumeclaims', 'requests.storage'].includes(resource)
  if (['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass'].includes(scope))
    return resource === 'pods' || podResources.includes(resource)
  return true
}

const isScope = (scope: string): boolean => standardScopes.includes(scope) || scope === 'CrossNamespacePodAffinity'

const validateScopedResources = (field: string, value: unknown, scope: string, hard: readonly string[]): FieldError[] =>
  hard
    .filter((resource) => isStandardQuotaResource(resource) && !isScopeFor(scope, resource))
    .map(() => invalidValue(field, value, 'unsupported scope applied to resource'))

const validateConflicts = (field: string, value: unknown, scopes: readonly string[]): FieldError[] =>
  conflicting
    .filter((pair) => pair.every((scope) => scopes.includes(scope)))
    .map(() => invalidValue(field, value, 'conflicting scopes'))

function validateRequirement(
  field: string,
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
): FieldError[] {
  const errors: FieldError[] = []
  if (onlyExists.includes(scopeName) && operator !== 'Exists')
    errors.push(
      invalidValue(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    )
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(
        required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      )
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        invalidValue(
          `${field}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      )
  } else errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'))
  return errors
}

function validateSpec({ hard, scopes = [], scopeSelector }: ResourceQuotaSpec): FieldError[] {
  const names = Object.keys(hard ?? {}).sort()
  const errors = validateList('spec.hard', hard)
  for (const scope of scopes) {
    if (!isScope(scope)) errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope'))
    errors.push(...validateScopedResources('spec.scopes', scopes, scope, names))
  }
  errors.push(...validateConflicts('spec.scopes', scopes, scopes))
  const field = 'spec.scopeSelector.matchExpressions'
  const expressions = scopeSelector?.matchExpressions ?? []
  for (const expression of expressions) {
    const { scopeName } = expression
    if (!isScope(scopeName)) errors.push(invalidValue(`${field}.scopeName`, scopeName ?? '', 'unsupported scope'))
    errors.push(...validateScopedResources(field, scopeSelector, scopeName, names))
    errors.push(...validateRequirement(field, expression))
  }
  const selected = expressions.map(({ scopeName }) => scopeName)
  return [...errors, ...validateConflicts('spec.scopeSelector.matchExpressions', scopes, selected)]
}

function validateUpdate({ spec }: ResourceQuota, old: ResourceQuota): FieldError[] {
  const errors = validateSpec(spec)
  const [now, before] = [new Set(spec.scopes), new Set(old.spec.scopes)]
  if (now.symmetricDifference(before).size > 0)
    errors.push(invalidValue('spec.scopes', spec.scopes ?? null, 'field is immutable'))
  return errors
}

const validateStatusUpdate = ({ status }: ResourceQuota): FieldError[] => [
  ...validateList('status.hard', status?.hard),
  ...validateList('status.used', status?.used),
]

function warnings({ spec: { hard = {} } }: ResourceQuota, old?: ResourceQuota): string[] {
  if (old) return []
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((name) => {
    const bare = name === 'cpu' || name === 'memory' ? name : undefined
    const requested = hard[`requests.${name}`] !== undefined ? `requests.${name}` : bare
    const request = requested && hard[requested]
    const limit = hard[`limits.${name}`]
    if (!request || !limit || compareQuantities(request, limit) <= 0) return []
    return [`ResourceQuota ${requested} (${request}) should be less than limits.${name} (${limit})`]
  })
}

/** `cpu: 1/2, pods: 3/10`: how much of each is used. */
const usage = ({ status }: ResourceQuota, isShown: (name: string) => boolean): string =>
  Object.keys(status?.hard ?? {})
    .filter(isShown)
    .sort()
    .map((name) => `${name}: ${printed(status?.used?.[name])}/${printed(status?.hard?.[name])}`)
    .join(', ')

const printed = (quantity: string | undefined): string => printQuantity(parseQuantity(quantity ?? '0'))
const isLimit = (name: string): boolean => name.startsWith('limits.')

export const resourceQuotas: ResourceDefinition<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  subresources: { status: true },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate,
  validateStatusUpdate,
  warnings,
  columns: [
    nameColumn,
    {
      name: 'Request',
      type: 'string',
      description: 'What is requested, and how much may be.',
      value: (quota) => usage(quota, (name) => !isLimit(name)),
    },
    {
      name: 'Limit',
      type: 'string',
      description: 'What limits add up to, and to how much they may.',
      value: (quota) => usage(quota, isLimit),
    },
    ageColumn,
  ],
}
