import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '@tandem/api/apiextensions/v1/types'

export type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime' | 'observedGeneration'>

export const conditionOf = (
  { status }: CustomResourceDefinition,
  type: string,
): CustomResourceDefinitionCondition | undefined => status?.conditions?.find((condition) => condition.type === type)

export const isTrue = (crd: CustomResourceDefinition, type: string): boolean =>
  conditionOf(crd, type)?.status === 'True'

/** The conditions with one more, or with another in its place; its time is that of its last change of status. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  condition: Condition,
  now: string,
): CustomResourceDefinitionCondition[] {
  const old = conditions.find(({ type }) => type === condition.type)
  const unchanged = old?.status === condition.status ? old.lastTransitionTime : undefined
  const next = { ...condition, lastTransitionTime: unchanged ?? now }
  return old ? conditions.map((each) => (each === old ? next : each)) : [...conditions, next]
}
