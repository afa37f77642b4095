import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { validateAttributes, validateNoMetadata, validateSubjectGiven } from './review-rules.ts'
import type { SubjectAccessReview } from './types.ts'

const validate = (review: SubjectAccessReview): FieldError[] => [
  ...validateSubjectGiven(review.spec),
  ...validateAttributes(review.spec),
  ...validateNoMetadata(review.metadata, 'must be empty'),
]

export const subjectAccessReviews: ResourceDefinition<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
  schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  verbs: ['create'],
  virtual: true,
  defaults: (review) => {
    review.spec ??= {}
  },
  validate,
}
