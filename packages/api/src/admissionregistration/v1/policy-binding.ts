import { type Column, type FieldError, type KubernetesObject, nameIsDnsSubdomain, required } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { validateMatchResources } from './match-resources.ts'
import { formatParamRef, validateParamRef } from './parameters.ts'
import type { MatchResources, ParamRef } from './types.ts'

/** What both kinds of bindings have. */
export interface PolicyBinding extends KubernetesObject {
  spec: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources }
}

export const validatePolicyBinding = ({
  spec: { policyName, paramRef, matchResources },
}: PolicyBinding): FieldError[] => [
  ...(policyName
    ? invalidEach('spec.policyName', policyName, nameIsDnsSubdomain(policyName, false))
    : [required('spec.policyName')]),
  ...validateParamRef('spec.paramRef', paramRef),
  ...validateMatchResources('spec.matchResources', matchResources),
]

export const bindingColumns: readonly Column<PolicyBinding>[] = [
  nameColumn,
  {
    name: 'PolicyName',
    type: 'string',
    description: 'The policy that it puts in force.',
    value: ({ spec }) => spec.policyName ?? '',
  },
  {
    name: 'ParamRef',
    type: 'string',
    description: 'The parameters that the policy is given.',
    value: ({ spec }) => formatParamRef(spec.paramRef),
  },
  ageColumn,
]
