import { aesCbc, aesGcm } from '@tandem/storage/encryption/aes'
import type { TransformerFor } from '@tandem/storage/encryption/encrypted-backend'
import { identity, type PrefixedCipher, type Transformer, transformerOf } from '@tandem/storage/encryption/transformer'
import { prefixOf, registryPrefix } from '../registry/keys.ts'
import {
  type EncryptionConfiguration,
  EncryptionConfigurationError,
  type Key,
  type ProviderConfiguration,
  parseGroupResource,
} from './configuration.ts'

/** What a configuration says of each key: of the resource itself, else of all of its group, else of everything. */
export function transformersOf({ resources }: EncryptionConfiguration): TransformerFor {
  const ciphers = new Map<string, PrefixedCipher[]>()
  for (const { resources: names, providers } of resources) {
    const own = providers.flatMap(ciphersOf)
    for (const name of names) {
      const { group, resource } = parseGroupResource(name)
      for (const wildcard of [`${group}/*`, '*/*']) if (ciphers.has(wildcard)) throw masked(name, wildcard)
      const place = `${group}/${resource}`
      ciphers.set(place, [...(ciphers.get(place) ?? []), ...own])
    }
  }
  const transformers = new Map([...ciphers].map(([place, own]) => [place, transformerOf(own)]))
  /** By the part of a key that names its resource: what every write and read asks for is looked up once. */
  const known = new Map<string, Transformer | undefined>()
  return (key) => {
    const prefix = prefixOf(key)
    if (known.has(prefix)) return known.get(prefix)
    const [stored = '', resource = ''] = prefix.slice(registryPrefix.length).split('/')
    const group = stored === 'core' ? '' : stored
    const found = [`${group}/${resource}`, `${group}/*`, '*/*'].find((place) => transformers.has(place))
    const transformer = found === undefined ? undefined : transformers.get(found)
    known.set(prefix, transformer)
    return transformer
  }
}

function masked(name: string, wildcard: string): EncryptionConfigurationError {
  const [group = ''] = wildcard.split('/')
  return new EncryptionConfigurationError(`resource "${name}" is masked by earlier rule "*.${group}"`)
}

const named = ({ name, secret }: Key) => ({ name, secret: Buffer.from(secret, 'base64') })

function ciphersOf({ aesgcm, aescbc }: ProviderConfiguration): PrefixedCipher[] {
  if (aesgcm) return aesgcm.keys.map((key) => aesGcm(named(key)))
  if (aescbc) return aescbc.keys.map((key) => aesCbc(named(key)))
  return [identity]
}

/** Every key there is in a configuration, and that there is none for some: so that it shows when one is gone. */
export const keysOf = ({ resources }: EncryptionConfiguration): Set<string> =>
  new Set(
    resources.flatMap(({ providers }) =>
      providers.flatMap(({ aesgcm, aescbc, identity }) => [
        ...(identity ? ['identity'] : []),
        ...[...(aesgcm?.keys ?? []), ...(aescbc?.keys ?? [])].map(({ name, secret }) => `${name}:${secret}`),
      ]),
    ),
  )
