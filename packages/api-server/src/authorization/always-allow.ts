import { mastersGroup, type UserInfo } from '../authentication/user.ts'
import { type Authorizer, type Decision, noOpinion, type ResolvedRules } from './authorizer.ts'

const allowed: Decision = { verdict: 'allow', reason: '' }
const everything: ResolvedRules = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
}
const nothing: ResolvedRules = { resourceRules: [], nonResourceRules: [], incomplete: false }

/** `system:masters` may do everything, whatever the roles say: the way back in when they are broken. */
export const mastersAuthorizer: Authorizer = {
  name: 'PrivilegedGroup',
  authorize: ({ user }) => (user.groups.includes(mastersGroup) ? allowed : noOpinion),
  rulesFor: (user: UserInfo) => (user.groups.includes(mastersGroup) ? everything : nothing),
}

export const alwaysAllow: Authorizer = { name: 'AlwaysAllow', authorize: () => allowed, rulesFor: () => everything }
export const alwaysDeny: Authorizer = {
  name: 'AlwaysDeny',
  authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }),
  rulesFor: () => nothing,
}
