import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import type { Client } from '@tandem/client'
import type { Clock } from '@tandem/component-base'
import type { ServiceAccountToken, TokenRequest } from './plugin.ts'

interface Token {
  token: string
  issuedAt: number
  expiresAt: number
}

interface TokenAnswer {
  status?: { token: string; expirationTimestamp: string }
}

/** A day: however long a token is good for, it is renewed at least this often. */
const maxAge = 24 * 3600 * 1000
const renewAtShare = 0.8

/** Bound service account tokens of pods, renewed when four fifths of their life are over. */
export class TokenCache {
  readonly #client: Client
  readonly #clock: Clock
  readonly #tokens = new Map<string, Token>()

  constructor({ client, clock }: { client: Client; clock: Clock }) {
    this.#client = client
    this.#clock = clock
  }

  async get(request: TokenRequest): Promise<ServiceAccountToken> {
    const { pod, audience, expirationSeconds } = request
    const { namespace, name, uid } = pod.metadata
    const key = [uid, audience ?? '', expirationSeconds].join('|')
    const now = this.#clock.now()
    const known = this.#tokens.get(key)
    if (known && now < renewAt(known)) return given(known, renewAt(known) - now)
    const account = pod.spec.serviceAccountName || 'default'
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    try {
      const { status } = await this.#client.createSubresource<TokenAnswer>(
        serviceAccounts,
        { namespace, name: account },
        'token',
        body,
      )
      if (!status?.token) throw new Error('failed to fetch token: the server answered without one')
      const token = { token: status.token, issuedAt: now, expiresAt: Date.parse(status.expirationTimestamp) }
      this.#tokens.set(key, token)
      return given(token, Math.max(1000, renewAt(token) - now))
    } catch (error) {
      // The old one is better than none while it lasts.
      if (known && now < known.expiresAt) return given(known, 10_000)
      throw error
    }
  }

  forget(uid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${uid}|`)) this.#tokens.delete(key)
  }
}

const renewAt = ({ issuedAt, expiresAt }: Token): number =>
  issuedAt + Math.min(maxAge, (expiresAt - issuedAt) * renewAtShare)

const given = ({ token, expiresAt }: Token, refreshAfter: number): ServiceAccountToken => ({
  token,
  expiresAt,
  refreshAfter,
})
