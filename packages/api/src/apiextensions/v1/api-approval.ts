import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import type { CustomResourceDefinition } from './types.ts'

const annotation = 'api-approved.kubernetes.io'
const field = `metadata.annotations[${annotation}]`
const see = 'see https://github.com/kubernetes/enhancements/pull/1111'

const unmet = {
  missing: `protected groups must have approval annotation "${annotation}", ${see}`,
  invalid: `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${see}`,
}

/** Kubernetes' own groups. */
export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

export interface Approval {
  state: 'missing' | 'unapproved' | 'approved' | 'invalid'
  reason: string
}

/** Who approved a definition in such a group, as its annotation says it. */
export function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const value = metadata.annotations?.[annotation] ?? ''
  if (value === '') return { state: 'missing', reason: unmet.missing }
  if (value.startsWith('unapproved')) return { state: 'unapproved', reason: `not approved: ${JSON.stringify(value)}` }
  return URL.canParse(value) && new URL(value).host !== ''
    ? { state: 'approved', reason: `approved in ${value}` }
    : { state: 'invalid', reason: unmet.invalid }
}

/** Kubernetes' own groups are its community's: definitions in them say who approved them, or that nobody did. */
export function validateApproval(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { state, reason } = approvalOf(definition)
  if (!isProtectedGroup(definition.spec.group ?? '') || (old && approvalOf(old).state === state)) return []
  if (state === 'missing') return [required(field, reason)]
  return state === 'invalid' ? [invalidValue(field, definition.metadata.annotations?.[annotation], reason)] : []
}
