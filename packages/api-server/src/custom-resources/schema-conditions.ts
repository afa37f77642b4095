import { approvalOf, isProtectedGroup } from '@tandem/api/apiextensions/v1/api-approval'
import { validateStructural } from '@tandem/api/apiextensions/v1/structural-schema'
import type { CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import { invalidValue } from '@tandem/apimachinery'
import type { Condition } from './conditions.ts'

const approvals = {
  missing: { status: 'False', reason: 'MissingAnnotation' },
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
  unapproved: { status: 'False', reason: 'UnapprovedAnnotation' },
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
} as const

/** Of definitions in Kubernetes' own groups: whether its community approved them. */
export function approvalCondition(crd: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(crd.spec.group)) return undefined
  const { state, reason: message } = approvalOf(crd)
  return { type: 'KubernetesAPIApprovalPolicyConformant', ...approvals[state], message }
}

/** Schemas that do not tell which fields an object may have; only definitions from before that was asked of them have any. */
export function nonStructuralCondition({ spec }: CustomResourceDefinition): Condition | undefined {
  const faults = [
    ...(spec.preserveUnknownFields ? [invalidValue('spec.preserveUnknownFields', true, 'must be false')] : []),
    ...spec.versions.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema
        ? validateStructural(`spec.versions[${index}].schema.openAPIV3Schema`, schema.openAPIV3Schema)
        : [],
    ),
  ].map(({ field, message }) => `${field}: ${message}`)
  if (faults.length === 0) return undefined
  const message = faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`
  return { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message }
}
