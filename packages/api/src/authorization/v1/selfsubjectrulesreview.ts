import type { ResourceDefinition } from '@tandem/apimachinery'
import type { SelfSubjectRulesReview } from './types.ts'

export const selfSubjectRulesReviews: ResourceDefinition<SelfSubjectRulesReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  verbs: ['create'],
  virtual: true,
  defaults: (review) => {
    review.spec ??= {}
  },
}
