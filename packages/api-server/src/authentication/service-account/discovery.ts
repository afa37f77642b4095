import type { VerificationKey } from './keys.ts'

/** `/.well-known/openid-configuration`: how others can check this cluster's service account tokens. */
export const openIdConfiguration = ({
  issuer,
  jwksUri,
  keys,
}: {
  issuer: string
  jwksUri: string
  keys: readonly VerificationKey[]
}) => ({
  issuer,
  jwks_uri: jwksUri,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))].sort(),
})

/** `/openid/v1/jwks`: the public keys. */
export const jsonWebKeySet = (keys: readonly VerificationKey[]) => ({
  keys: keys.map(({ id, algorithm, key }) => ({
    use: 'sig',
    kid: id,
    alg: algorithm,
    ...key.export({ format: 'jwk' }),
  })),
})
