import type { IncomingHttpHeaders } from 'node:http'
import { AuthenticationError, type Authenticator } from './authenticator.ts'
import type { UserInfo } from './user.ts'

/** Who a token stands for, for these audiences. Undefined when it is not a token of this kind. */
export interface TokenAuthenticator {
  /** A verdict that is already known, without waiting. */
  known(token: string): UserInfo | undefined
  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict | undefined>
}

export interface TokenVerdict {
  user: UserInfo
  /** The audiences that the token and the asker share. */
  audiences: readonly string[]
}

export function bearerTokenAuthenticator(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return {
    name: 'bearer-token',
    authenticate({ headers }) {
      const token = tokenOf(headers)
      if (token === undefined) return undefined
      return tokens.known(token) ?? verify(token)
    },
  }
  async function verify(token: string): Promise<UserInfo> {
    const verdict = await tokens.authenticateToken(token, audiences)
    if (!verdict) throw new AuthenticationError('invalid bearer token')
    return verdict.user
  }
}

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/** A browser cannot set headers on a WebSocket: it names the token as a subprotocol instead. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const authorization = headers.authorization
  if (authorization !== undefined) {
    const match = /^bearer\s+(\S+)$/i.exec(authorization.trim())
    if (match) return match[1]
  }
  const protocols = headers['sec-websocket-protocol']
  if (protocols === undefined) return undefined
  const named = protocols.split(',').find((protocol) => protocol.trim().startsWith(protocolPrefix))
  return named && Buffer.from(named.trim().slice(protocolPrefix.length), 'base64url').toString()
}
