import { type FieldError, notSupported } from '@tandem/apimachinery'
import { oneOf } from '../../core/v1/field-checks.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { defaultRules, validateNamedRule } from './rules.ts'
import type { MatchResources } from './types.ts'

export const matchPolicies = ['Equivalent', 'Exact']

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  defaultRules(match.resourceRules)
  defaultRules(match.excludeResourceRules)
}

export function validateMatchResources(field: string, match: MatchResources | undefined): FieldError[] {
  if (!match) return []
  return [
    ...oneOf(`${field}.matchPolicy`, match.matchPolicy, matchPolicies),
    ...validateLabelSelector(`${field}.namespaceSelector`, match.namespaceSelector),
    ...validateLabelSelector(`${field}.objectSelector`, match.objectSelector),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((list) =>
      (match[list] ?? []).flatMap((rule, index) => validateNamedRule(`${field}.${list}[${index}]`, rule)),
    ),
  ]
}

const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

/** What is deleted is not changed any more. */
export const validateMutatingOperations = (field: string, match: MatchResources | undefined): FieldError[] =>
  (match?.resourceRules ?? []).flatMap(({ operations = [] }) =>
    operations.flatMap((operation) =>
      mutatingOperations.includes(operation)
        ? []
        : [notSupported(`${field}.resourceRules.operations`, operation, mutatingOperations)],
    ),
  )
