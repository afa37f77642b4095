import type { TLSSocket } from 'node:tls'
import { AuthenticationError, type Authenticator, type RawRequest } from './authenticator.ts'
import { authenticated, type UserInfo } from './user.ts'

interface PeerIdentity {
  user: UserInfo | undefined
  problem: string | undefined
  notAfter: number
}

/**
 * A client certificate signed by the cluster's CA: the common name is the user, the organizations are its groups.
 * The handshake verified it; it is read once a connection.
 */
export function x509Authenticator({ now }: { now: () => number }): Authenticator {
  const identities = new WeakMap<object, PeerIdentity>()
  return {
    name: 'x509',
    authenticate({ raw }) {
      const connection = connectionOf(raw)
      if (!connection) return undefined
      let identity = identities.get(connection.key)
      if (!identity) {
        identity = readPeer(connection.socket)
        identities.set(connection.key, identity)
      }
      if (identity.problem) throw new AuthenticationError(identity.problem)
      if (identity.user && identity.notAfter < now())
        throw new AuthenticationError('x509: certificate has expired or is not yet valid')
      return identity.user
    },
  }
}

/** The socket of HTTP/2 requests is a proxy made anew; its session is what stays the same. */
function connectionOf(raw: RawRequest): { key: object; socket: TLSSocket } | undefined {
  const session = 'stream' in raw ? raw.stream?.session : undefined
  const socket = (session ? session.socket : raw.socket) as TLSSocket | undefined
  if (!socket || typeof socket.getPeerCertificate !== 'function') return undefined
  return { key: session ?? socket, socket }
}

function readPeer(socket: TLSSocket): PeerIdentity {
  const certificate = socket.getPeerCertificate()
  if (!certificate || Object.keys(certificate).length === 0) return { user: undefined, problem: undefined, notAfter: 0 }
  const notAfter = Date.parse(certificate.valid_to)
  if (!socket.authorized) return { user: undefined, problem: `x509: ${String(socket.authorizationError)}`, notAfter }
  const username = first(certificate.subject.CN)
  if (!username) return { user: undefined, problem: undefined, notAfter }
  return { user: authenticated({ username, groups: all(certificate.subject.O) }), problem: undefined, notAfter }
}

const all = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]
const first = (value: string | string[] | undefined): string | undefined => all(value)[0]
