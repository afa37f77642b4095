import { createHash } from 'node:crypto'
import type { TokenReview, UserInfo } from '@tandem/api/authentication/v1/types'
import type { SubjectAccessReview, SubjectAccessReviewSpec } from '@tandem/api/authorization/v1/types'
import type { Clock } from '@tandem/component-base'
import type { Client } from '../client.ts'
import { ExpiringCache } from './expiring-cache.ts'

/** A component's own server asks the API server who is calling and whether they may. */
export interface DelegatedAuth {
  /** Whose token it is; undefined when nobody's. */
  authenticate(token: string): Promise<UserInfo | undefined>
  authorize(user: UserInfo, attributes: AccessAttributes): Promise<AccessDecision>
}

export type AccessAttributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>

export interface AccessDecision {
  allowed: boolean
  reason: string
}

export interface DelegatedAuthOptions {
  client: Client
  clock: Clock
  audiences?: readonly string[]
  /** How long answers are kept; the kubelet's defaults unless given. */
  tokenTtlMs?: number
  allowedTtlMs?: number
  deniedTtlMs?: number
}

export function createDelegatedAuth(options: DelegatedAuthOptions): DelegatedAuth {
  const { client, clock, audiences } = options
  const { tokenTtlMs = 120_000, allowedTtlMs = 300_000, deniedTtlMs = 30_000 } = options
  const users = new ExpiringCache<UserInfo | undefined>(clock)
  const decisions = new ExpiringCache<AccessDecision>(clock)

  const reviewToken = async (token: string): Promise<UserInfo | undefined> => {
    const { status } = await client.request<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(audiences && { audiences }) },
      },
    })
    return status?.authenticated ? status.user : undefined
  }

  const reviewAccess = async (spec: SubjectAccessReviewSpec): Promise<AccessDecision> => {
    const { status } = await client.request<SubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
    })
    return { allowed: status?.allowed ?? false, reason: status?.reason ?? '' }
  }

  return {
    authenticate(token) {
      const key = createHash('sha256').update(token).digest('base64')
      return users.get(key, { load: () => reviewToken(token), ttlMs: () => tokenTtlMs })
    },
    authorize({ username, uid, groups, extra }, attributes) {
      const spec: SubjectAccessReviewSpec = {
        ...attributes,
        ...(username && { user: username }),
        ...(uid && { uid }),
        ...(groups && { groups }),
        ...(extra && { extra }),
      }
      const ttlMs = ({ allowed }: AccessDecision) => (allowed ? allowedTtlMs : deniedTtlMs)
      return decisions.get(JSON.stringify(spec), { load: () => reviewAccess(spec), ttlMs })
    },
  }
}
