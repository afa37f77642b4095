import type { IncomingHttpHeaders } from 'node:http'
import { badRequest } from '@tandem/apimachinery'
import {
  anonymous,
  authenticated,
  parseServiceAccountUsername,
  serviceAccountGroups,
  type UserInfo,
  unauthenticatedGroup,
} from '../authentication/user.ts'
import type { Attributes, Authorizer } from '../authorization/authorizer.ts'
import { forbiddenBy } from '../authorization/forbidden.ts'

interface Wanted {
  username: string
  uid: string
  groups: string[]
  extra: Record<string, string[]>
}

const extraPrefix = 'impersonate-extra-'

/** The user that a request wants to act as, if it names one and its sender may. */
export function impersonate(
  user: UserInfo,
  headers: IncomingHttpHeaders,
  authorizer: Authorizer,
): UserInfo | undefined {
  const wanted = wantedUser(headers)
  if (!wanted) return undefined
  for (const attributes of permissions(user, wanted)) {
    const decision = authorizer.authorize(attributes)
    if (decision.verdict !== 'allow') throw forbiddenBy(attributes, decision.reason)
  }
  if (wanted.username === anonymous.username)
    return { ...wanted, groups: wanted.groups.length > 0 ? wanted.groups : [unauthenticatedGroup] }
  const account = parseServiceAccountUsername(wanted.username)
  const groups = wanted.groups.length === 0 && account ? serviceAccountGroups(account.namespace) : wanted.groups
  return groups.includes(unauthenticatedGroup) ? { ...wanted, groups } : authenticated({ ...wanted, groups })
}

function wantedUser(headers: IncomingHttpHeaders): Wanted | undefined {
  const username = single(headers['impersonate-user'])
  const uid = single(headers['impersonate-uid'])
  const groups = several(headers['impersonate-group'])
  const extra: Record<string, string[]> = Object.create(null)
  for (const name in headers)
    if (name.startsWith(extraPrefix)) extra[unescapeKey(name.slice(extraPrefix.length))] = several(headers[name])
  if (username) return { username, uid, groups, extra }
  if (uid || groups.length > 0 || Object.keys(extra).length > 0)
    throw badRequest(`requested ${JSON.stringify({ username, uid, groups, extra })} without impersonating a user name`)
  return undefined
}

const single = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? (value[0] ?? '') : (value ?? '')

/** Node joins headers that come several times; names of groups hold no comma followed by a space. */
const several = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : value.split(', ')

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** What the sender must be allowed: `impersonate` on each part of the wanted identity. */
function* permissions(user: UserInfo, wanted: Wanted): Generator<Attributes> {
  const base = {
    user,
    verb: 'impersonate',
    isResourceRequest: true,
    namespace: '',
    apiGroup: '',
    apiVersion: 'v1',
    subresource: '',
    path: '',
  }
  const account = parseServiceAccountUsername(wanted.username)
  yield account
    ? { ...base, resource: 'serviceaccounts', namespace: account.namespace, name: account.name }
    : { ...base, resource: 'users', name: wanted.username }
  for (const group of wanted.groups) yield { ...base, resource: 'groups', name: group }
  const authentication = { ...base, apiGroup: 'authentication.k8s.io' }
  if (wanted.uid) yield { ...authentication, resource: 'uids', name: wanted.uid }
  for (const [key, values] of Object.entries(wanted.extra))
    for (const value of values) yield { ...authentication, resource: 'userextras', subresource: key, name: value }
}
