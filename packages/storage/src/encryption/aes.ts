import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { PrefixedCipher } from './transformer.ts'

export interface NamedKey {
  readonly name: string
  /** 16, 24 or 32 bytes. */
  readonly secret: Uint8Array
}

const nonceLength = 12
const tagLength = 16

/** AES-GCM: a nonce, the ciphertext and its tag. The tag also covers the key under which the value lies. */
export function aesGcm({ name, secret }: NamedKey): PrefixedCipher {
  const algorithm = `aes-${(secret.byteLength * 8) as 128 | 192 | 256}-gcm` as const
  return {
    prefix: `k8s:enc:aesgcm:v1:${name}:`,
    encrypt(value, key) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(key))
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    decrypt(stored, key) {
      if (stored.byteLength < nonceLength + tagLength)
        throw new RangeError('the stored data was shorter than the required size')
      const end = stored.byteLength - tagLength
      const decipher = createDecipheriv(algorithm, secret, stored.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
      decipher.setAAD(Buffer.from(key)).setAuthTag(stored.subarray(end))
      return joined(decipher.update(stored.subarray(nonceLength, end)), decipher.final())
    },
  }
}

const blockLength = 16

/** AES-CBC with PKCS#7 padding: an initialization vector and the ciphertext. Nothing tells whether somebody changed it. */
export function aesCbc({ name, secret }: NamedKey): PrefixedCipher {
  const algorithm = `aes-${secret.byteLength * 8}-cbc`
  return {
    prefix: `k8s:enc:aescbc:v1:${name}:`,
    encrypt(value) {
      const vector = randomBytes(blockLength)
      const cipher = createCipheriv(algorithm, secret, vector)
      return Buffer.concat([vector, cipher.update(value), cipher.final()])
    },
    decrypt(stored) {
      if (stored.byteLength < 2 * blockLength)
        throw new RangeError('the stored data was shorter than the required size')
      const decipher = createDecipheriv(algorithm, secret, stored.subarray(0, blockLength))
      return joined(decipher.update(stored.subarray(blockLength)), decipher.final())
    },
  }
}

/** Buffers of their own: what is read here is kept for as long as its object lives. */
const joined = (start: Buffer, end: Buffer): Buffer => (end.byteLength === 0 ? start : Buffer.concat([start, end]))
