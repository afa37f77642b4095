import type { UserInfo } from '../authentication/user.ts'

/** What somebody wants to do, as authorization sees it. Empty strings where a part does not apply. */
export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  readonly isResourceRequest: boolean
  readonly namespace: string
  readonly apiGroup: string
  readonly apiVersion: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  readonly path: string
  readonly fieldSelector?: string | undefined
  readonly labelSelector?: string | undefined
}

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
}

/** Decides from memory, so that authorization never waits. */
export interface Authorizer {
  readonly name: string
  authorize(attributes: Attributes): Decision
  /** What the user may do in a namespace, as far as this authorizer can tell. */
  rulesFor?(user: UserInfo, namespace: string): ResolvedRules
}

export interface ResolvedRules {
  resourceRules: readonly ResourceRule[]
  nonResourceRules: readonly NonResourceRule[]
  incomplete: boolean
  evaluationError?: string
}

export interface ResourceRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
}

export interface NonResourceRule {
  verbs: string[]
  nonResourceURLs?: string[]
}

export const noOpinion: Decision = { verdict: 'no-opinion', reason: '' }

/** The first authorizer with an opinion decides. */
export class AuthorizerChain implements Authorizer {
  readonly name = 'union'
  readonly #authorizers: readonly Authorizer[]

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers
  }

  authorize(attributes: Attributes): Decision {
    const reasons: string[] = []
    for (const authorizer of this.#authorizers) {
      const decision = authorizer.authorize(attributes)
      if (decision.verdict !== 'no-opinion') return decision
      if (decision.reason) reasons.push(decision.reason)
    }
    return reasons.length === 0 ? noOpinion : { verdict: 'no-opinion', reason: reasons.join('\n') }
  }

  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    const all = this.#authorizers.flatMap((authorizer) => authorizer.rulesFor?.(user, namespace) ?? [])
    const errors = all.flatMap(({ evaluationError }) => evaluationError ?? [])
    return {
      resourceRules: all.flatMap(({ resourceRules }) => resourceRules),
      nonResourceRules: all.flatMap(({ nonResourceRules }) => nonResourceRules),
      incomplete: all.some(({ incomplete }) => incomplete),
      ...(errors.length > 0 && { evaluationError: errors.join('; ') }),
    }
  }
}
