import type { ResourceDefinition } from '@tandem/apimachinery'
import type { TokenReview } from './types.ts'

export const tokenReviews: ResourceDefinition<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  verbs: ['create'],
  virtual: true,
}
