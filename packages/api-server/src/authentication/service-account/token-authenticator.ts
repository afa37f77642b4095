import { decodeProtectedHeader, jwtVerify } from 'jose'
import { AuthenticationError } from '../authenticator.ts'
import type { TokenAuthenticator, TokenVerdict } from '../bearer-token.ts'
import { authenticated, serviceAccountGroups, serviceAccountUsername, type UserInfo } from '../user.ts'
import { type BoundReference, type KubernetesClaims, kubernetesClaims } from './claims.ts'
import type { VerificationKey } from './keys.ts'

/** What the authenticator asks about objects that tokens are bound to. */
export interface BoundObjects {
  serviceAccount(namespace: string, name: string): Promise<LiveObject | undefined>
  pod(namespace: string, name: string): Promise<LiveObject | undefined>
  secret(namespace: string, name: string): Promise<LiveObject | undefined>
  node(name: string): Promise<LiveObject | undefined>
}

export interface LiveObject {
  uid: string
  deletionTimestamp?: string | undefined
}

export interface TokenAuthenticatorOptions {
  issuers: readonly string[]
  audiences: readonly string[]
  keys: readonly VerificationKey[]
  objects: BoundObjects
  /** Milliseconds since the epoch. */
  now: () => number
}

interface CachedVerdict {
  verdict: TokenVerdict
  /** Uids of everything the token is bound to: when one goes, so does the verdict. */
  uids: readonly string[]
  until: number
}

const verdictLifetime = 10_000
/** Deleted objects are tolerated a little, so that a pod can end in good order. */
const deletionLeeway = 60_000
const maximumVerdicts = 10_000

/** Bound service account tokens. A signature is checked once in ten seconds a token; deletion of what it is bound to ends it at once. */
export class ServiceAccountTokenAuthenticator implements TokenAuthenticator {
  readonly #options: TokenAuthenticatorOptions
  readonly #verdicts = new Map<string, CachedVerdict>()
  readonly #tokensOfUid = new Map<string, Set<string>>()
  /** How many objects have gone: what was looked up before the last of them is not to be remembered. */
  #gone = 0

  constructor(options: TokenAuthenticatorOptions) {
    this.#options = options
  }

  known(token: string): UserInfo | undefined {
    const cached = this.#verdicts.get(token)
    if (!cached) return undefined
    if (cached.until > this.#options.now()) return cached.verdict.user
    this.#forgetToken(token)
    return undefined
  }

  async authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict | undefined> {
    const payload = await this.#verify(token)
    if (!payload) return undefined
    const claims = kubernetesClaims(payload)
    if (!claims) return undefined
    const named = typeof payload.aud === 'string' ? [payload.aud] : ((payload.aud as string[] | undefined) ?? [])
    const shared = audiences.filter((audience) => named.includes(audience))
    if (shared.length === 0)
      throw new AuthenticationError(
        `token audiences ${JSON.stringify(named)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
      )
    const gone = this.#gone
    await this.#checkObjects(claims)
    const verdict = { user: userOf(claims, payload.jti as string | undefined), audiences: shared }
    if (audiences === this.#options.audiences && gone === this.#gone)
      this.#remember(token, verdict, claims, Number(payload.exp) * 1000)
    return verdict
  }

  /** Ends every remembered verdict that rests on this object. */
  forgetObject(uid: string): void {
    this.#gone++
    for (const token of this.#tokensOfUid.get(uid) ?? []) this.#forgetToken(token)
  }

  async #verify(token: string): Promise<Record<string, unknown> | undefined> {
    let keyId: string | undefined
    try {
      keyId = decodeProtectedHeader(token).kid
    } catch {
      return undefined
    }
    const { keys, issuers, now } = this.#options
    for (const key of keys) {
      if (keyId !== undefined && key.id !== keyId) continue
      try {
        const { payload } = await jwtVerify(token, key.key, {
          algorithms: [key.algorithm],
          issuer: [...issuers],
          currentDate: new Date(now()),
        })
        return payload
      } catch (cause) {
        if (keyId !== undefined)
          throw new AuthenticationError(`service account token: ${(cause as Error).message}`, { cause })
      }
    }
    return undefined
  }

  async #checkObjects({ namespace, serviceaccount, pod, secret, node }: KubernetesClaims): Promise<void> {
    const { objects } = this.#options
    this.#checkLive('service account', serviceaccount, await objects.serviceAccount(namespace, serviceaccount.name))
    if (secret) this.#checkLive('secret', secret, await objects.secret(namespace, secret.name))
    if (pod) this.#checkLive('pod', pod, await objects.pod(namespace, pod.name))
    else if (node) this.#checkLive('node', node, await objects.node(node.name))
  }

  #checkLive(what: string, bound: BoundReference, live: LiveObject | undefined): void {
    if (!live) throw new AuthenticationError(`${what} ${bound.name} of the token is gone`)
    if (live.uid !== bound.uid)
      throw new AuthenticationError(`the ${what} UID (${live.uid}) does not match claim (${bound.uid})`)
    if (live.deletionTimestamp && Date.parse(live.deletionTimestamp) + deletionLeeway < this.#options.now())
      throw new AuthenticationError(`${what} ${bound.name} of the token is being deleted`)
  }

  #remember(token: string, verdict: TokenVerdict, claims: KubernetesClaims, expires: number): void {
    if (this.#verdicts.size >= maximumVerdicts)
      for (const oldest of this.#verdicts.keys()) {
        this.#forgetToken(oldest)
        break
      }
    const uids = [claims.serviceaccount, claims.pod, claims.secret, claims.node].flatMap((bound) =>
      bound ? [bound.uid] : [],
    )
    this.#verdicts.set(token, { verdict, uids, until: Math.min(expires, this.#options.now() + verdictLifetime) })
    for (const uid of uids) {
      const tokens = this.#tokensOfUid.get(uid) ?? new Set()
      this.#tokensOfUid.set(uid, tokens.add(token))
    }
  }

  #forgetToken(token: string): void {
    for (const uid of this.#verdicts.get(token)?.uids ?? []) {
      const tokens = this.#tokensOfUid.get(uid)
      tokens?.delete(token)
      if (tokens?.size === 0) this.#tokensOfUid.delete(uid)
    }
    this.#verdicts.delete(token)
  }
}

function userOf({ namespace, serviceaccount, pod, node }: KubernetesClaims, jti: string | undefined): UserInfo {
  const extra: Record<string, string[]> = {}
  const prefix = 'authentication.kubernetes.io/'
  if (jti) extra[`${prefix}credential-id`] = [`JTI=${jti}`]
  if (node) {
    extra[`${prefix}node-name`] = [node.name]
    if (node.uid) extra[`${prefix}node-uid`] = [node.uid]
  }
  if (pod) {
    extra[`${prefix}pod-name`] = [pod.name]
    extra[`${prefix}pod-uid`] = [pod.uid]
  }
  return authenticated({
    username: serviceAccountUsername(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: serviceAccountGroups(namespace),
    extra,
  })
}
