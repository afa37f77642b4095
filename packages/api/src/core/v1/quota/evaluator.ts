import type { KubernetesObject } from '@tandem/apimachinery'
import type { Resources } from '../resource-list.ts'
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../types.ts'

/** One write, as far as it decides whether quotas have a say in it. */
export interface QuotaWrite<T extends KubernetesObject> {
  operation: string
  subresource: string
  object: T
  oldObject: T | undefined
}

/** How objects of one resource count against quotas: the API server charges by it, the controller counts by it. */
export interface QuotaEvaluator<T extends KubernetesObject = KubernetesObject> {
  /** `group/plural`, as `/pods`. */
  readonly resource: string
  /** Could this name in a quota be about objects of the resource? */
  counts(name: string): boolean
  /** What one object uses, by the names that quotas have for it. */
  usage(object: T, now: number): Resources
  /** Can this write change what is used? */
  handles(write: QuotaWrite<T>): boolean
  /** Absent where no scope ever applies. */
  matchesScope?(requirement: ScopedResourceSelectorRequirement, object: T): boolean
  /** What the object must say and does not, where a quota limits these names. */
  missing?(names: readonly string[], object: T): string | undefined
}

/** `scopes` are selectors in short. */
export const scopeRequirements = ({
  scopes = [],
  scopeSelector,
}: ResourceQuotaSpec): ScopedResourceSelectorRequirement[] => [
  ...scopes.map((scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: 'Exists' })),
  ...(scopeSelector?.matchExpressions ?? []),
]

/** Is the object within all scopes of the quota? */
export const inScope = <T extends KubernetesObject>(
  evaluator: QuotaEvaluator<T>,
  spec: ResourceQuotaSpec,
  object: T,
): boolean => scopeRequirements(spec).every((requirement) => evaluator.matchesScope?.(requirement, object) ?? false)

/** Does one of the names that an object has for a scope satisfy the requirement? It may have none. */
export function namesMatch(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  names: readonly string[],
): boolean {
  if (operator === 'Exists') return names.length > 0
  if (operator === 'DoesNotExist') return names.length === 0
  if (operator === 'In') return names.some((name) => values.includes(name))
  return names.length === 0 || names.some((name) => !values.includes(name))
}

/** `count/deployments.apps` */
export function objectCountName(resource: string): string {
  const [group, plural] = resource.split('/')
  return group ? `count/${plural}.${group}` : `count/${plural}`
}
