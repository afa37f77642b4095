/** What a token is bound to, under its `kubernetes.io` claim. */
export interface BoundReference {
  name: string
  uid: string
}

export interface KubernetesClaims {
  namespace: string
  serviceaccount: BoundReference
  pod?: BoundReference
  secret?: BoundReference
  node?: BoundReference
  /** Seconds since the epoch after which use of an extended token is counted as stale. */
  warnafter?: number
}

export interface TokenClaims {
  iss: string
  sub: string
  aud: string[]
  exp: number
  iat: number
  nbf: number
  jti: string
  'kubernetes.io': KubernetesClaims
}

const isReference = (value: unknown): value is BoundReference =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'uid' in value

/** The claims of a verified payload, or undefined when it is not a bound service account token. */
export function kubernetesClaims(payload: Record<string, unknown>): KubernetesClaims | undefined {
  const claims = payload['kubernetes.io'] as Partial<KubernetesClaims> | undefined
  if (!claims || typeof claims.namespace !== 'string' || !isReference(claims.serviceaccount)) return undefined
  for (const reference of [claims.pod, claims.secret, claims.node])
    if (reference !== undefined && !isReference(reference)) return undefined
  return claims as KubernetesClaims
}
