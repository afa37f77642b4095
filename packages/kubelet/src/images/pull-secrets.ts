import { parseImageName } from '@tandem/api/core/v1/image-name'
import type { Secret } from '@tandem/api/core/v1/types'
import type { RegistryCredentials } from '../container-runtime/runtime.ts'

interface RegistryAuth {
  auth?: string
  username?: string
  password?: string
}

/** Credentials from pull secrets that fit an image's registry, the most specific first. */
export function credentialsFor(image: string, secrets: readonly Secret[]): RegistryCredentials[] {
  const repository = parseImageName(image)?.repository
  if (!repository) return []
  const fitting: { specific: number; credentials: RegistryCredentials }[] = []
  for (const secret of secrets) {
    for (const [registry, auth] of Object.entries(registriesOf(secret))) {
      const prefix = normalized(registry)
      const credentials = credentialsOf(auth, registry)
      if (credentials && matchesRepository(repository, prefix)) fitting.push({ specific: prefix.length, credentials })
    }
  }
  return fitting.sort((a, b) => b.specific - a.specific).map(({ credentials }) => credentials)
}

function registriesOf({ type, data = {} }: Secret): Record<string, RegistryAuth> {
  const json = (key: string): Record<string, RegistryAuth> & { auths?: Record<string, RegistryAuth> } => {
    try {
      return JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString())
    } catch {
      return {}
    }
  }
  if (type === 'kubernetes.io/dockerconfigjson') return json('.dockerconfigjson').auths ?? {}
  return type === 'kubernetes.io/dockercfg' ? json('.dockercfg') : {}
}

/** A registry as secrets name it, without scheme and API path: `https://index.docker.io/v1/` is `docker.io`. */
function normalized(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')
  return bare === 'index.docker.io' || bare === 'registry-1.docker.io' ? 'docker.io' : bare
}

/** Does a repository lie in a registry, or below a path of one? `*` stands for a part of a name. */
export const matchesRepository = (repository: string, prefix: string): boolean => {
  const pattern = prefix.split('/').map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^./]*'))
  return new RegExp(`^${pattern.join('/')}(?:/|$)`).test(repository)
}

function credentialsOf({ auth, username, password }: RegistryAuth, registry: string): RegistryCredentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password, serverAddress: registry }
  const decoded = Buffer.from(auth ?? '', 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon < 0
    ? undefined
    : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serverAddress: registry }
}
