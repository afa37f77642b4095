import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import type { CustomResourceDefinition } from './types.ts'

const annotation = 'api-approved.kubernetes.io'
const field = `metadata.annotations[${annotation}]`
const see = 'see https://github.com/kubernetes/enhancements/pull/1111'

const isProtected = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

type State = 'missing' | 'unapproved' | 'approved' | 'invalid'

function stateOf({ metadata }: CustomResourceDefinition): State {
  const value = metadata.annotations?.[annotation] ?? ''
  if (value === '') return 'missing'
  if (value.startsWith('unapproved')) return 'unapproved'
  return URL.canParse(value) && new URL(value).host !== '' ? 'approved' : 'invalid'
}

/** Kubernetes' own groups are its community's: definitions in them say who approved them, or that nobody did. */
export function validateApproval(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const state = stateOf(definition)
  if (!isProtected(definition.spec.group ?? '') || (old && stateOf(old) === state)) return []
  if (state === 'missing')
    return [required(field, `protected groups must have approval annotation "${annotation}", ${see}`)]
  if (state !== 'invalid') return []
  return [
    invalidValue(
      field,
      definition.metadata.annotations?.[annotation],
      `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${see}`,
    ),
  ]
}
