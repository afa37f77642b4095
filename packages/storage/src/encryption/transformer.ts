/** A way to keep values so that the store does not know them. The key under which a value lies belongs to it: it reads nowhere else. */
export interface Transformer {
  encrypt(value: Uint8Array, key: string): Uint8Array
  decrypt(stored: Uint8Array, key: string): Decrypted
}

export interface Decrypted {
  readonly value: Uint8Array
  /** It was not written as it would be now. */
  readonly stale: boolean
}

/** A value that none of the keys at hand opens. */
export class DecryptionError extends Error {
  readonly code = 'STORAGE_DECRYPTION'
}

/** One provider with one key: what it writes begins with its prefix. */
export interface PrefixedCipher {
  /** `k8s:enc:aesgcm:v1:key1:`; empty for values that are kept as they are. */
  readonly prefix: string
  encrypt(value: Uint8Array, key: string): Uint8Array
  /** Of what follows the prefix. Throws where it is not what was written. */
  decrypt(stored: Uint8Array, key: string): Uint8Array
}

const encryptedPrefix = Buffer.from('k8s:enc:')

const startsWith = (stored: Uint8Array, prefix: Uint8Array): boolean =>
  stored[0] === prefix[0] && Buffer.compare(stored.subarray(0, prefix.byteLength), prefix) === 0

export const isEncrypted = (stored: Uint8Array): boolean => startsWith(stored, encryptedPrefix)

/** Values as they are. */
export const identity: PrefixedCipher = {
  prefix: '',
  encrypt: (value) => value,
  decrypt(stored) {
    if (isEncrypted(stored)) throw new DecryptionError('identity transformer tried to read encrypted data')
    return stored
  },
}

/** Writes with the first cipher, reads what any of them wrote. Two may have the same prefix: whichever opens a value counts. */
export function transformerOf(ciphers: readonly PrefixedCipher[]): Transformer {
  const known = ciphers.map((cipher) => ({ cipher, prefix: Buffer.from(cipher.prefix) }))
  const [first] = known
  if (!first) throw new RangeError('a transformer needs a cipher')
  return {
    encrypt(value, key) {
      const sealed = first.cipher.encrypt(value, key)
      return first.prefix.byteLength === 0 ? sealed : Buffer.concat([first.prefix, sealed])
    },
    decrypt(stored, key) {
      let reason: unknown = new DecryptionError('no matching prefix found')
      for (const [index, { cipher, prefix }] of known.entries()) {
        if (prefix.byteLength > 0 && !startsWith(stored, prefix)) continue
        try {
          return { value: cipher.decrypt(stored.subarray(prefix.byteLength), key), stale: index > 0 }
        } catch (error) {
          // That a value is encrypted is no reason why it cannot be decrypted.
          if (prefix.byteLength > 0) reason = error
        }
      }
      throw new DecryptionError(`${key}: ${(reason as Error).message}`, { cause: reason })
    },
  }
}
