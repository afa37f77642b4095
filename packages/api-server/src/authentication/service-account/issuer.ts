import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { serviceAccountUsername } from '../user.ts'
import type { KubernetesClaims, TokenClaims } from './claims.ts'
import type { SigningKey } from './keys.ts'

export interface TokenToIssue {
  kubernetes: KubernetesClaims
  audiences: readonly string[]
  /** Seconds since the epoch. */
  now: number
  expirationSeconds: number
}

/** Signs service account tokens. */
export interface TokenIssuer {
  issue(token: TokenToIssue): Promise<string>
}

export function tokenIssuer({ issuer, key }: { issuer: string; key: SigningKey }): TokenIssuer {
  return {
    issue({ kubernetes, audiences, now, expirationSeconds }) {
      const claims: TokenClaims = {
        aud: [...audiences],
        exp: now + expirationSeconds,
        iat: now,
        iss: issuer,
        jti: randomUUID(),
        'kubernetes.io': kubernetes,
        nbf: now,
        sub: serviceAccountUsername(kubernetes.namespace, kubernetes.serviceaccount.name),
      }
      return new SignJWT({ ...claims }).setProtectedHeader({ alg: key.algorithm, kid: key.id }).sign(key.privateKey)
    },
  }
}
