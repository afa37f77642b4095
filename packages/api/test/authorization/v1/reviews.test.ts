import type { FieldError } from '@tandem/apimachinery'
import t from 'tap'
import { localSubjectAccessReviews } from '../../../src/authorization/v1/localsubjectaccessreview.ts'
import { selfSubjectAccessReviews } from '../../../src/authorization/v1/selfsubjectaccessreview.ts'
import { subjectAccessReviews } from '../../../src/authorization/v1/subjectaccessreview.ts'
import type { LocalSubjectAccessReview, SubjectAccessReview } from '../../../src/authorization/v1/types.ts'

const shown = (errors: FieldError[] | undefined): string[] =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`)
const review = (spec: object, metadata: object = {}) => ({ metadata, spec }) as unknown as SubjectAccessReview
const resourceAttributes = { verb: 'get', resource: 'pods' }

t.test('a question has a subject, and one object', async (t) => {
  t.strictSame(shown(subjectAccessReviews.validate?.(review({ user: 'jane', resourceAttributes }))), [])
  t.strictSame(shown(subjectAccessReviews.validate?.(review({}))), [
    'spec.user: Invalid value: "": at least one of user or group must be specified',
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
  ])
  t.strictSame(
    shown(selfSubjectAccessReviews.validate?.(review({ resourceAttributes, nonResourceAttributes: { path: '/' } }))),
    [
      'spec.nonResourceAttributes: Invalid value: {"path":"/"}: cannot be specified in combination with resourceAttributes',
    ],
  )
})

t.test('and no name', async (t) => {
  t.strictSame(shown(selfSubjectAccessReviews.validate?.(review({ resourceAttributes }, { name: 'x' }))), [
    'metadata: Invalid value: {"name":"x"}: must be empty',
  ])
})

t.test('a local one is about its namespace', async (t) => {
  const local = review({ user: 'jane', resourceAttributes }, { namespace: 'a' }) as LocalSubjectAccessReview
  t.strictSame(shown(localSubjectAccessReviews.validate?.(local)), [
    'spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace',
  ])
})
