import {
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  required,
  validateLabelName,
} from '@tandem/apimachinery'
import { invalidEach, labelValue } from './field-checks.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './types.ts'

function validateOperator(field: string, { operator, values = [] }: NodeSelectorRequirement): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalidValue(`${field}.operator`, operator, 'not a valid selector operator')]
  }
}

function validateExpression(
  field: string,
  requirement: NodeSelectorRequirement,
  values: 'checked' | 'any',
): FieldError[] {
  const errors = [...validateOperator(field, requirement), ...validateLabelName(requirement.key, `${field}.key`)]
  if (values === 'any') return errors
  return [...errors, ...(requirement.values ?? []).flatMap((value, i) => labelValue(`${field}.values[${i}]`, value))]
}

/** Only `metadata.name` can be selected, by one name. */
function validateField(field: string, { key, operator, values = [] }: NodeSelectorRequirement): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'))
  else if (values.length !== 1)
    errors.push(
      required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  if (key !== 'metadata.name') return [...errors, invalidValue(`${field}.key`, key, 'not a valid field selector key')]
  return [
    ...errors,
    ...values.flatMap((name, i) => invalidEach(`${field}.values[${i}]`, name, nameIsDnsSubdomain(name, false))),
  ]
}

/** Preferences may compare with values that no label can have. */
export const validateNodeSelectorTerm = (
  field: string,
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  values: 'checked' | 'any' = 'checked',
): FieldError[] => [
  ...matchExpressions.flatMap((expression, i) =>
    validateExpression(`${field}.matchExpressions[${i}]`, expression, values),
  ),
  ...matchFields.flatMap((requirement, i) => validateField(`${field}.matchFields[${i}]`, requirement)),
]

export function validateNodeSelector(field: string, { nodeSelectorTerms = [] }: NodeSelector): FieldError[] {
  const at = `${field}.nodeSelectorTerms`
  if (nodeSelectorTerms.length === 0) return [required(at, 'must have at least one node selector term')]
  return nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(`${at}[${i}]`, term))
}
