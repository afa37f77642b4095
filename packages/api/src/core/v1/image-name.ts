/** An image reference taken apart; `repository` is complete, with registry and path. */
export interface ImageName {
  repository: string
  tag?: string
  digest?: string
}

const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = new RegExp(`^(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const path = new RegExp(`^${pathPart}(?:/${pathPart})*$`)
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const longestRepository = 255

/** The registry a reference names, or Docker Hub where its first part is no host. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  if (isHost && first !== 'index.docker.io') return { domain: first, path: name.slice(slash + 1) }
  const rest = isHost || first === 'docker.io' ? name.slice(slash + 1) : name
  return { domain: 'docker.io', path: rest.includes('/') ? rest : `library/${rest}` }
}

/**
 * Parses a reference such as `nginx`, `ghcr.io/owner/app:v1` or `app@sha256:…`. The tag is `latest` where neither a
 * tag nor a digest is given. Undefined where it is no reference at all.
 */
export function parseImageName(image: string): ImageName | undefined {
  const at = image.indexOf('@')
  const digest = at < 0 ? undefined : image.slice(at + 1)
  const named = at < 0 ? image : image.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const { domain: host, path: rest } = splitDomain(colon < 0 ? named : named.slice(0, colon))

  if (digest !== undefined && !digestPattern.test(digest)) return undefined
  if (tag !== undefined && !tagPattern.test(tag)) return undefined
  if (!domain.test(host) || !path.test(rest)) return undefined
  // Sixty-four hexadecimal digits would be an image's ID, which no registry can be asked for.
  if (/^[0-9a-f]{64}$/.test(named)) return undefined
  const repository = `${host}/${rest}`
  if (repository.length > longestRepository) return undefined

  if (digest !== undefined) return tag === undefined ? { repository, digest } : { repository, tag, digest }
  return { repository, tag: tag ?? 'latest' }
}

/** `Always` for images whose tag is `latest`, which is also the tag of those without one; otherwise `IfNotPresent`. */
export const defaultPullPolicy = (image: string | undefined): 'Always' | 'IfNotPresent' =>
  parseImageName(image ?? '')?.tag === 'latest' ? 'Always' : 'IfNotPresent'
