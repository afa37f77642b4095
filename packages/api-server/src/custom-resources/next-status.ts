import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '@tandem/api/apiextensions/v1/types'
import { namingOf } from './accepted-names.ts'
import { type Condition, conditionOf, isTrue, withCondition } from './conditions.ts'
import { approvalCondition, nonStructuralCondition } from './schema-conditions.ts'

const established: Condition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
}

/** What is to be said of a definition next to all others, or undefined where everything is said. */
export function nextStatus(
  crd: CustomResourceDefinition,
  all: Iterable<CustomResourceDefinition>,
  now: string,
): CustomResourceDefinitionStatus | undefined {
  const naming = namingOf(crd, all)
  const told = [...(naming?.conditions ?? []), ...schemaConditions(crd)]
  const gone = nonStructuralCondition(crd) ? undefined : conditionOf(crd, 'NonStructuralSchema')
  if (!naming && told.length === 0 && !gone) return undefined
  const before = (crd.status?.conditions ?? []).filter((condition) => condition !== gone)
  return {
    ...crd.status,
    ...(naming && { acceptedNames: naming.acceptedNames }),
    conditions: told.reduce((conditions, condition) => withCondition(conditions, condition, now), before),
  }
}

const schemaConditions = (crd: CustomResourceDefinition): Condition[] =>
  [nonStructuralCondition(crd), approvalCondition(crd)].flatMap((condition) => {
    if (!condition) return []
    const { status, reason, message } = conditionOf(crd, condition.type) ?? {}
    const isSaid = status === condition.status && reason === condition.reason && message === condition.message
    return isSaid ? [] : [condition]
  })

/** Its names are its own, and nobody is served it yet. */
export const awaitsEstablishing = (crd: CustomResourceDefinition): boolean =>
  isTrue(crd, 'NamesAccepted') && !isTrue(crd, 'Established') && !crd.metadata.deletionTimestamp

export const establishedStatus = (crd: CustomResourceDefinition, now: string): CustomResourceDefinitionStatus => ({
  ...crd.status,
  conditions: withCondition(crd.status?.conditions ?? [], established, now),
})
