import { createPrivateKey, createPublicKey, KeyObject, webcrypto } from 'node:crypto'

export const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
export const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const

export const generateKeyPair = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])

export async function exportPrivateKey(key: CryptoKey): Promise<string> {
  const exported = KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' })
  return exported.toString()
}

/** Reads an unencrypted EC or RSA key in PKCS#8, SEC 1 or PKCS#1, whichever another tool wrote. */
export async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem)
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: curveOf(key) }
  return key.toCryptoKey(algorithm, true, ['sign'])
}

const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }
const curveOf = (key: KeyObject): string =>
  curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? keyAlgorithm.namedCurve

/** What a service account token is signed with and checked against. */
export interface SigningKeyPair {
  privateKey: string
  publicKey: string
}

/** An ES256 key pair, PEM: PKCS#8 and SPKI. */
export async function createSigningKeyPair(): Promise<SigningKeyPair> {
  const { privateKey } = await generateKeyPair()
  return loadSigningKeyPair(await exportPrivateKey(privateKey))
}

/** The pair that belongs to a private key in PEM. */
export function loadSigningKeyPair(privateKey: string): SigningKeyPair {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  return { privateKey, publicKey }
}
