import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** A public key that tokens are checked against. The id is upstream's: the SHA-256 of the key in DER. */
export interface VerificationKey {
  id: string
  algorithm: 'RS256' | 'ES256' | 'ES384' | 'ES512'
  key: KeyObject
}

export interface SigningKey extends Omit<VerificationKey, 'key'> {
  privateKey: KeyObject
}

const algorithmOfCurve = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' } as const

function algorithmOf(key: KeyObject): VerificationKey['algorithm'] {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyDetails?.namedCurve as keyof typeof algorithmOfCurve | undefined
  const algorithm = key.asymmetricKeyType === 'ec' && curve ? algorithmOfCurve[curve] : undefined
  if (!algorithm)
    throw new TypeError(`unknown key type ${key.asymmetricKeyType}, must be RSA or EC P-256, P-384 or P-521`)
  return algorithm
}

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')

export function verificationKey(key: KeyObject): VerificationKey {
  return { id: idOf(key), algorithm: algorithmOf(key), key }
}

/** Every key in a PEM file, which may hold public keys, certificates and private keys. */
export function verificationKeys(pem: string): VerificationKey[] {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? []
  const keys = blocks
    .filter((block) => !block.includes('EC PARAMETERS'))
    .map((block) => verificationKey(createPublicKey(block)))
  if (keys.length === 0) throw new TypeError('the file holds no PEM-encoded key')
  return keys
}

export function signingKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem)
  const { id, algorithm } = verificationKey(createPublicKey(privateKey))
  return { id, algorithm, privateKey }
}
