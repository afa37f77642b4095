import {
  type FieldError,
  forbiddenField,
  invalidValue,
  printLabelSelector,
  required,
  validateLabelName,
  validateLabels,
  validateLabelValue,
} from '@tandem/apimachinery'
import type { LabelSelector, LabelSelectorRequirement } from './types.ts'

/** Every fault of a selector in a spec. An absent one has none. */
export function validateLabelSelector(field: string, selector: LabelSelector | undefined): FieldError[] {
  if (!selector) return []
  return [
    ...validateLabels(selector.matchLabels, `${field}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      validateLabelSelectorRequirement(`${field}.matchExpressions[${index}]`, expression),
    ),
  ]
}

export function validateLabelSelectorRequirement(field: string, requirement: LabelSelectorRequirement): FieldError[] {
  const { key, values = [] } = requirement
  return [
    ...validateOperator(field, requirement),
    ...validateLabelName(key ?? '', `${field}.key`),
    ...values.flatMap((value, index) =>
      validateLabelValue(value).map((fault) => invalidValue(`${field}.values[${index}]`, value, fault)),
    ),
  ]
}

function validateOperator(field: string, { operator, values = [] }: LabelSelectorRequirement): FieldError[] {
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
    default:
      return [invalidValue(`${field}.operator`, operator ?? '', 'not a valid selector operator')]
  }
}

/** Can the selector be evaluated at all? None at all can: it selects nothing. */
export const isUsableSelector = (selector: LabelSelector | undefined): boolean =>
  validateLabelSelector('', selector).length === 0

export const isEmptySelector = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length === 0

/** A selector in a table's cell. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    return printLabelSelector(selector) || '<none>'
  } catch {
    return '<error>'
  }
}
