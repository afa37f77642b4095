import { type FieldError, invalidValue, type ObjectMeta, required } from '@tandem/apimachinery'
import { validateLabelName } from '@tandem/apimachinery/object-meta'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  ResourceAttributes,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReviewSpec,
} from './types.ts'

export const validateSubjectGiven = ({ user = '', groups = [] }: SubjectAccessReviewSpec): FieldError[] =>
  user === '' && groups.length === 0
    ? [invalidValue('spec.user', user, 'at least one of user or group must be specified')]
    : []

/** Either a resource or a path is asked for. */
export function validateAttributes(spec: SelfSubjectAccessReviewSpec): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidValue(
        'spec.nonResourceAttributes',
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
      ...validateSelectors(resourceAttributes),
    ]
  if (resourceAttributes) return validateSelectors(resourceAttributes)
  if (nonResourceAttributes) return []
  const message = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalidValue('spec.resourceAttributes', null, message)]
}

function validateSelectors({ fieldSelector, labelSelector }: ResourceAttributes): FieldError[] {
  const field = 'spec.resourceAttributes'
  return [
    ...(fieldSelector ? validateSelector(`${field}.fieldSelector`, fieldSelector) : []),
    ...(labelSelector ? validateSelector(`${field}.labelSelector`, labelSelector) : []),
  ]
}

/** Operators that are not known are let pass: clients may be newer than the server. */
function validateSelector(field: string, selector: FieldSelectorAttributes | LabelSelectorAttributes): FieldError[] {
  const { rawSelector = '', requirements = [] } = selector
  if (rawSelector && requirements.length > 0)
    return [invalidValue(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')]
  if (!rawSelector && requirements.length === 0)
    return [required(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`)]
  if (!field.endsWith('.labelSelector')) return []
  return requirements.flatMap(({ key }, index) => validateLabelName(key, `${field}.requirements[${index}].key`))
}

/** A review is a question, not an object: it has no name. */
export function validateNoMetadata(metadata: Partial<ObjectMeta> | undefined, message: string): FieldError[] {
  const { managedFields: _, ...others } = metadata ?? {}
  const given = Object.values(others).some((value) => value !== undefined && value !== '' && value !== null)
  return given ? [invalidValue('metadata', metadata, message)] : []
}
