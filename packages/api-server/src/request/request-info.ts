import { demanded } from './field-demand.ts'

/** What a request asks for, read off its method, path and query alone. Authorization decides on it; handlers find their way by it. */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  readonly path: string
  /** A Kubernetes verb for resource requests, the lower-case HTTP method for others. */
  readonly verb: string
  readonly apiPrefix: string
  readonly apiGroup: string
  readonly apiVersion: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** The path from the resource on: `pods/web/proxy/index.html` as four parts. */
  readonly parts: readonly string[]
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

const specialVerbs = new Set(['proxy', 'watch'])
const namespaceSubresources = new Set(['status', 'finalize'])
const verbsWithSelectors = new Set(['list', 'watch', 'deletecollection'])
const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Thrown for a path that starts as a resource request and cannot be finished as one. */
export class RequestInfoError extends Error {
  readonly code = 'REQUEST_INFO'
}

export const splitPath = (path: string): string[] => {
  let start = 0
  let end = path.length
  while (start < end && path[start] === '/') start++
  while (end > start && path[end - 1] === '/') end--
  return start === end ? [] : path.slice(start, end).split('/')
}

const nonResource = (method: string, path: string): RequestInfo => ({
  isResourceRequest: false,
  path,
  verb: method.toLowerCase(),
  apiPrefix: '',
  apiGroup: '',
  apiVersion: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
})

/** `query` is without the question mark; an undecodable path is refused by the caller. */
export function requestInfo(method: string, path: string, query: string): RequestInfo {
  const all = splitPath(path)
  const apiPrefix = all[0]
  const grouped = apiPrefix === 'apis'
  if (all.length < (grouped ? 4 : 3) || (!grouped && apiPrefix !== 'api')) return nonResource(method, path)

  const apiGroup = grouped ? (all[1] ?? '') : ''
  const apiVersion = all[grouped ? 2 : 1] ?? ''
  let parts = all.slice(grouped ? 3 : 2)

  let verb = verbOfMethod[method] ?? ''
  const verbInPath = specialVerbs.has(parts[0] ?? '')
  if (verbInPath) {
    if (parts.length < 2) throw new RequestInfoError(`unable to determine kind and namespace from url, ${path}`)
    verb = parts[0] ?? ''
    parts = parts.slice(1)
  }

  let namespace = ''
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? ''
    if (parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')) parts = parts.slice(2)
  }

  const resource = parts[0] ?? ''
  let name = parts[1] ?? ''
  const subresource = specialVerbs.has(verb) ? '' : (parts[2] ?? '')
  let selectors: { fieldSelector?: string; labelSelector?: string } | undefined

  if (name === '' || verbInPath) {
    const parameters = query === '' ? undefined : new URLSearchParams(query)
    if (name === '' && verb === 'get') {
      verb = isTrue(parameters?.get('watch')) ? 'watch' : 'list'
      name = exactName(parameters?.get('fieldSelector'))
    }
    if (name === '' && verb === 'delete') verb = 'deletecollection'
    if (!verbInPath && parameters && verbsWithSelectors.has(verb)) {
      const fieldSelector = parameters.get('fieldSelector')
      const labelSelector = parameters.get('labelSelector')
      selectors = { ...(fieldSelector !== null && { fieldSelector }), ...(labelSelector !== null && { labelSelector }) }
    }
  }
  return {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix: apiPrefix ?? '',
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name,
    parts,
    ...selectors,
  }
}

/** A boolean query parameter as upstream reads it: present means true unless it says `false` or `0`. */
export const isTrue = (value: string | null | undefined): boolean =>
  value !== null && value !== undefined && !['false', '0'].includes(value.toLowerCase())

/**
 * The name that a field selector demands, so that `resourceNames` in RBAC can cover a list or watch of one object. Read by the very
 * parser that selects: a comma that is escaped ends nothing.
 */
function exactName(fieldSelector: string | null | undefined): string {
  const name = fieldSelector ? (demanded(fieldSelector, 'metadata.name') ?? '') : ''
  return name === '.' || name === '..' || /[/%]/.test(name) ? '' : name
}
