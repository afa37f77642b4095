import { type FieldError, invalidValue, type ResourceDefinition } from '@tandem/apimachinery'
import { validateAttributes, validateNoMetadata, validateSubjectGiven } from './review-rules.ts'
import type { LocalSubjectAccessReview } from './types.ts'

function validate({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const { namespace = '', ...others } = metadata
  const errors = [
    ...validateSubjectGiven(spec),
    ...validateAttributes(spec),
    ...validateNoMetadata(others, 'must be empty except for namespace'),
  ]
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes && (resourceAttributes.namespace ?? '') !== namespace)
    errors.push(
      invalidValue(
        'spec.resourceAttributes.namespace',
        resourceAttributes.namespace ?? '',
        'must match metadata.namespace',
      ),
    )
  if (nonResourceAttributes)
    errors.push(invalidValue('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'))
  return errors
}

export const localSubjectAccessReviews: ResourceDefinition<LocalSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  verbs: ['create'],
  virtual: true,
  defaults: (review) => {
    review.spec ??= {}
  },
  validate,
}
