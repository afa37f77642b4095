import type { TLSSocket } from 'node:tls'
import type { DelegatedAuth } from '@tandem/client/delegated-auth/delegated-auth'

/** Who is calling. */
export interface Caller {
  name: string
  groups: readonly string[]
}

/** By a client certificate of the cluster's authority, or by a token that the API server knows. Nobody is anonymous here. */
export async function identify(
  socket: TLSSocket,
  authorization: string | undefined,
  delegated: DelegatedAuth,
): Promise<Caller | undefined> {
  if (socket.authorized) {
    const { subject } = socket.getPeerCertificate()
    const name = list(subject?.CN)[0]
    if (name) return { name, groups: [...list(subject?.O), 'system:authenticated'] }
  }
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  const user = token ? await delegated.authenticate(token) : undefined
  return user?.username ? { name: user.username, groups: user.groups ?? [] } : undefined
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

const subresources: readonly (readonly [prefix: string, subresource: string])[] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/pods', 'pods'],
  ['/runningpods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
]

/** What a caller must be allowed to do with the node to use a path: `proxy` covers all that runs or reads inside pods. */
export function nodeAccess({ path, method, nodeName }: { path: string; method: string; nodeName: string }): {
  resourceAttributes: { verb: string; version: string; resource: 'nodes'; subresource: string; name: string }
} {
  const known = subresources.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))
  return {
    resourceAttributes: {
      verb: verbs[method] ?? 'get',
      version: 'v1',
      resource: 'nodes',
      subresource: known?.[1] ?? 'proxy',
      name: nodeName,
    },
  }
}
