import type { SelfSubjectReview, TokenReview } from '@tandem/api/authentication/v1/types'
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '@tandem/api/authorization/v1/types'
import { badRequest, invalid, type KubernetesObject } from '@tandem/apimachinery'
import type { TokenAuthenticator } from '../../authentication/bearer-token.ts'
import type { UserInfo } from '../../authentication/user.ts'
import type { Attributes, Authorizer } from '../../authorization/authorizer.ts'
import { decodeBody } from '../../handlers/decode.ts'
import type { Handler, ResourceRequest } from '../../handlers/handler.ts'
import { writeParameters } from '../../handlers/options.ts'
import { sendObject } from '../../request/respond.ts'

/** Reads a review, and refuses one that asks nothing sensible. */
function reviewIn<T extends KubernetesObject>(resource: ResourceRequest): T {
  const { definition, kube } = resource
  const review = decodeBody(resource, writeParameters(kube, 'CreateOptions'))
  const faults = definition.validate?.(review) ?? []
  if (faults.length > 0)
    throw invalid({ group: definition.group, kind: definition.kind }, review.metadata.name ?? '', faults)
  return review as T
}

const answer = ({ request, reply }: ResourceRequest, review: object): void => sendObject(request, reply, 201, review)

export const createSubjectAccessReview: Handler = (resource) => {
  const review = reviewIn<SubjectAccessReview>(resource)
  review.status = verdict(resource.services.authorizer, attributesOf(subjectOf(review), review.spec))
  answer(resource, review)
}

export const createLocalSubjectAccessReview: Handler = (resource) => {
  const review = reviewIn<LocalSubjectAccessReview>(resource)
  const { namespace } = resource.kube.info
  if (review.spec.resourceAttributes?.namespace !== namespace)
    throw badRequest(
      `spec.resourceAttributes.namespace must match namespace: ${review.spec.resourceAttributes?.namespace ?? ''} must equal ${namespace}`,
    )
  review.metadata.namespace = namespace
  review.status = verdict(resource.services.authorizer, attributesOf(subjectOf(review), review.spec))
  answer(resource, review)
}

export const createSelfSubjectAccessReview: Handler = (resource) => {
  const review = reviewIn<SelfSubjectAccessReview>(resource)
  review.status = verdict(resource.services.authorizer, attributesOf(resource.kube.user, review.spec))
  answer(resource, review)
}

export const createSelfSubjectRulesReview: Handler = (resource) => {
  const review = reviewIn<SelfSubjectRulesReview>(resource)
  const namespace = review.spec?.namespace
  if (!namespace) throw badRequest('no namespace on request')
  const rules = resource.services.authorizer.rulesFor?.(resource.kube.user, namespace)
  review.status = {
    resourceRules: [...(rules?.resourceRules ?? [])],
    nonResourceRules: [...(rules?.nonResourceRules ?? [])],
    incomplete: rules?.incomplete ?? true,
    ...(rules?.evaluationError && { evaluationError: rules.evaluationError }),
  }
  answer(resource, review)
}

export const createSelfSubjectReview: Handler = (resource) => {
  const review = reviewIn<SelfSubjectReview>(resource)
  review.status = { userInfo: userInfo(resource.kube.user) }
  answer(resource, review)
}

export const createTokenReview =
  ({ tokens, audiences }: { tokens: TokenAuthenticator; audiences: readonly string[] }): Handler =>
  async (resource) => {
    const review = reviewIn<TokenReview>(resource)
    const { token, audiences: asked } = review.spec
    if (!token) throw badRequest('token is required for TokenReview in authentication')
    try {
      const found = await tokens.authenticateToken(token, asked?.length ? asked : audiences)
      review.status = found
        ? { authenticated: true, user: userInfo(found.user), ...(asked?.length && { audiences: [...found.audiences] }) }
        : { user: {} }
    } catch (error) {
      review.status = { user: {}, error: (error as Error).message }
    }
    answer(resource, review)
  }

const userInfo = ({ username, uid, groups, extra }: UserInfo) => ({
  username,
  ...(uid && { uid }),
  groups: [...groups],
  ...(Object.keys(extra).length > 0 && {
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
  }),
})

function subjectOf({ spec }: Pick<SubjectAccessReview, 'spec'>): UserInfo {
  return { username: spec.user ?? '', uid: spec.uid ?? '', groups: spec.groups ?? [], extra: spec.extra ?? {} }
}

interface Asked {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: NonResourceAttributes
}

function attributesOf(user: UserInfo, { resourceAttributes, nonResourceAttributes }: Asked): Attributes {
  if (!resourceAttributes) {
    const { verb = '', path = '' } = nonResourceAttributes ?? {}
    return {
      user,
      verb,
      path,
      isResourceRequest: false,
      namespace: '',
      apiGroup: '',
      apiVersion: '',
      resource: '',
      subresource: '',
      name: '',
    }
  }
  const {
    verb = '',
    namespace = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    name = '',
  } = resourceAttributes
  return {
    user,
    verb,
    isResourceRequest: true,
    namespace,
    apiGroup: group,
    apiVersion: version,
    resource,
    subresource,
    name,
    path: '',
    fieldSelector:
      resourceAttributes.fieldSelector?.rawSelector ?? fieldText(resourceAttributes.fieldSelector?.requirements),
    labelSelector: resourceAttributes.labelSelector?.rawSelector,
  }
}

const fieldText = (
  requirements: readonly { key: string; operator: string; values?: string[] }[] | undefined,
): string | undefined =>
  requirements
    ?.filter(({ operator, values }) => operator === 'In' && values?.length === 1)
    .map(({ key, values }) => `${key}=${values?.[0] ?? ''}`)
    .join(',')

function verdict(authorizer: Authorizer, attributes: Attributes) {
  const { verdict: found, reason } = authorizer.authorize(attributes)
  return { allowed: found === 'allow', ...(found === 'deny' && { denied: true }), ...(reason && { reason }) }
}
