import { type FieldError, invalidValue, notSupported, type ResourceDefinition, required } from '@tandem/apimachinery'
import type { CelCompiler } from '@tandem/apimachinery/cel/environment'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { oneOf } from '../../core/v1/field-checks.ts'
import { admissionCompiler } from './admission-expressions.ts'
import { defaultMatchResources, validateMutatingOperations } from './match-resources.ts'
import { formatParamKind } from './parameters.ts'
import { checkVariables, validatePolicy } from './policy-rules.ts'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation } from './types.ts'
import { reinvocationPolicies } from './webhooks.ts'

/** Where a mutation of each type has its expression, and what the expression makes. */
const patchTypes = {
  ApplyConfiguration: { field: 'applyConfiguration', makes: 'Object' },
  JSONPatch: { field: 'jsonPatch', makes: 'list(JSONPatch)' },
} as const

function validate({ spec }: MutatingAdmissionPolicy, old?: MutatingAdmissionPolicy): FieldError[] {
  const scope = { params: Boolean(spec.paramKind), authorizer: true }
  const { errors, types } = checkVariables(spec.variables, scope)
  const compiler = admissionCompiler({ ...scope, patches: true, variables: types })
  const mutations = spec.mutations ?? []
  return [
    ...validatePolicy(spec, old?.spec),
    ...validateMutatingOperations('spec.matchConstraints', spec.matchConstraints),
    ...errors,
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, index) => validateMutation(`spec.mutations[${index}]`, mutation, compiler)),
    ...oneOf('spec.reinvocationPolicy', spec.reinvocationPolicy, reinvocationPolicies),
  ]
}

function validateMutation(field: string, mutation: Mutation, compiler: CelCompiler): FieldError[] {
  const { patchType } = mutation
  if (!patchType) return [required(`${field}.patchType`)]
  if (!Object.hasOwn(patchTypes, patchType))
    return [notSupported(`${field}.patchType`, patchType, Object.keys(patchTypes))]
  const own = patchTypes[patchType]
  const other = patchTypes[patchType === 'JSONPatch' ? 'ApplyConfiguration' : 'JSONPatch']
  const errors: FieldError[] = []
  if (!mutation[own.field])
    errors.push(required(`${field}.${own.field}`, `must be specified when patchType is ${patchType}`))
  else {
    const at = `${field}.${own.field}.expression`
    const source = (mutation[own.field]?.expression ?? '').trim()
    const fault = source ? compiler.fault(source, [own.makes]) : undefined
    if (!source) errors.push(required(at))
    if (fault) errors.push(invalidValue(at, source, fault))
  }
  if (mutation[other.field])
    errors.push(
      invalidValue(
        `${field}.${other.field}`,
        `{${other.field}}`,
        `must not be specified when patchType is ${patchType}`,
      ),
    )
  return errors
}

export const mutatingAdmissionPolicies: ResourceDefinition<MutatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: (policy) => {
    policy.spec ??= {} as MutatingAdmissionPolicySpec
    policy.spec.failurePolicy ??= 'Fail'
    defaultMatchResources(policy.spec.matchConstraints)
  },
  validate: (policy) => validate(policy),
  validateUpdate: validate,
  warnings: staticSuffixWarnings,
  columns: [
    nameColumn,
    {
      name: 'Mutations',
      type: 'integer',
      description: 'How many mutations it has.',
      value: ({ spec }) => (spec.mutations ?? []).length,
    },
    {
      name: 'ParamKind',
      type: 'string',
      description: 'The kind of its parameters.',
      value: ({ spec }) => formatParamKind(spec.paramKind),
    },
    ageColumn,
  ],
}
