import { type FieldError, invalidValue, required, semanticallyEqual } from '@tandem/apimachinery'
import { oneOf } from '../../core/v1/field-checks.ts'
import { type AdmissionScope, admissionCompiler } from './admission-expressions.ts'
import { validateMatchConditions } from './match-conditions.ts'
import { validateMatchResources } from './match-resources.ts'
import { validateParamKind } from './parameters.ts'
import type { MatchCondition, MatchResources, ParamKind, Variable } from './types.ts'
import { failurePolicies } from './webhooks.ts'

/** What both kinds of policies have. */
export interface PolicySpec {
  paramKind?: ParamKind
  matchConstraints?: MatchResources
  failurePolicy?: string
  matchConditions?: MatchCondition[]
  variables?: Variable[]
}

/** Conditions that were there before, about the same parameters, are not looked at again. */
export function validatePolicy(spec: PolicySpec, old?: PolicySpec): FieldError[] {
  const conditionsKept =
    old !== undefined &&
    semanticallyEqual(spec.paramKind, old.paramKind) &&
    semanticallyEqual(spec.matchConditions, old.matchConditions)
  return [
    ...oneOf('spec.failurePolicy', spec.failurePolicy, failurePolicies),
    ...(spec.paramKind ? validateParamKind('spec.paramKind', spec.paramKind) : []),
    ...(spec.matchConstraints ? [] : [required('spec.matchConstraints')]),
    ...validateMatchResources('spec.matchConstraints', spec.matchConstraints),
    ...(spec.matchConstraints && (spec.matchConstraints.resourceRules ?? []).length === 0
      ? [required('spec.matchConstraints.resourceRules')]
      : []),
    ...(conditionsKept
      ? []
      : validateMatchConditions('spec.matchConditions', spec.matchConditions, { params: Boolean(spec.paramKind) })),
  ]
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

export interface CheckedVariables {
  errors: FieldError[]
  /** Their types, for the expressions that follow. */
  types: Record<string, string>
}

/** Each variable may speak of those before it. */
export function checkVariables(variables: readonly Variable[] = [], scope: AdmissionScope): CheckedVariables {
  const types: Record<string, string> = {}
  const errors = variables.flatMap(({ name, expression }, index) => {
    const at = `spec.variables[${index}]`
    const found: FieldError[] = []
    if (!name?.trim()) found.push(required(`${at}.name`, 'name is not specified'))
    else if (!identifier.test(name) || reserved.has(name))
      found.push(invalidValue(`${at}.name`, name, 'must be a valid CEL identifier'))
    if (!expression?.trim()) return [...found, required(`${at}.expression`, 'expression is not specified')]
    const verdict = admissionCompiler({ ...scope, variables: { ...types } }).compile(expression)
    if ('fault' in verdict) found.push(invalidValue(`${at}.expression`, expression, verdict.fault))
    if (name) types[name] = 'type' in verdict ? celNotation(verdict.type) : 'dyn'
    return found
  })
  return { errors, types }
}

const celNotation = (type: string): string =>
  type === 'null_type' ? 'dyn' : type.replaceAll('(', '<').replaceAll(')', '>')
