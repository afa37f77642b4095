import { readFile } from 'node:fs/promises'
import { type ApiServerOptions, defaultIssuer } from '../../options.ts'
import { type SigningKey, signingKey, type VerificationKey, verificationKeys } from './keys.ts'

export interface ServiceAccountKeys {
  issuer: string
  /** For whom tokens are when nobody says; who else's are not taken. */
  audiences: readonly string[]
  signing: SigningKey
  verification: readonly VerificationKey[]
}

type KeyOptions = Pick<
  ApiServerOptions,
  'serviceAccountIssuer' | 'serviceAccountSigningKeyFile' | 'serviceAccountKeyFiles' | 'apiAudiences'
>

export async function loadServiceAccountKeys(options: KeyOptions): Promise<ServiceAccountKeys> {
  const { serviceAccountIssuer: issuer = defaultIssuer, serviceAccountSigningKeyFile: signingFile } = options
  const files = options.serviceAccountKeyFiles?.length ? options.serviceAccountKeyFiles : [signingFile]
  const [signing, ...verification] = await Promise.all([signingFile, ...files].map((file) => readFile(file, 'utf8')))
  return {
    issuer,
    audiences: options.apiAudiences?.length ? options.apiAudiences : [issuer],
    signing: signingKey(signing ?? ''),
    verification: verification.flatMap(verificationKeys),
  }
}
