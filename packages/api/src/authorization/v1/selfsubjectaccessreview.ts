import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { validateAttributes, validateNoMetadata } from './review-rules.ts'
import type { SelfSubjectAccessReview } from './types.ts'

const validate = (review: SelfSubjectAccessReview): FieldError[] => [
  ...validateAttributes(review.spec),
  ...validateNoMetadata(review.metadata, 'must be empty'),
]

export const selfSubjectAccessReviews: ResourceDefinition<SelfSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  verbs: ['create'],
  virtual: true,
  defaults: (review) => {
    review.spec ??= {}
  },
  validate,
}
