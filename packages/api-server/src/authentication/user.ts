/** Who a request is from, as authentication and then impersonation found it. */
export interface UserInfo {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'
export const mastersGroup = 'system:masters'
export const nodesGroup = 'system:nodes'
const nodeUserPrefix = 'system:node:'
const serviceAccountPrefix = 'system:serviceaccount:'

export const anonymous: UserInfo = {
  username: 'system:anonymous',
  uid: '',
  groups: [unauthenticatedGroup],
  extra: {},
}

/** The server itself, for what it does in its own process. */
export const apiServerUser: UserInfo = {
  username: 'system:apiserver',
  uid: '',
  groups: [authenticatedGroup, mastersGroup],
  extra: {},
}

/** Users that are known become members of `system:authenticated`. */
export const authenticated = (user: Partial<UserInfo> & { username: string }): UserInfo => {
  const groups = user.groups ?? []
  return {
    username: user.username,
    uid: user.uid ?? '',
    groups: groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup],
    extra: user.extra ?? {},
  }
}

export const serviceAccountUsername = (namespace: string, name: string): string =>
  `${serviceAccountPrefix}${namespace}:${name}`

export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
]

/** The namespace and name in a service account's user name, or undefined when the user is something else. */
export function parseServiceAccountUsername(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined
  const [namespace, name, ...rest] = username.slice(serviceAccountPrefix.length).split(':')
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined
}

/** The node's name when the user is a kubelet: `system:node:NAME` in the group `system:nodes`. */
export const nodeNameOf = (user: UserInfo): string | undefined =>
  user.username.startsWith(nodeUserPrefix) && user.groups.includes(nodesGroup)
    ? user.username.slice(nodeUserPrefix.length)
    : undefined
