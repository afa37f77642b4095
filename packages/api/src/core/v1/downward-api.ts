import {
  compareQuantities,
  parseQuantity,
  type QuantityLike,
  quantityMilliValue,
  quantityValue,
} from '@tandem/apimachinery'
import type { ResourceList } from './resource-list.ts'
import { isHugePages } from './resource-name.ts'
import type { Container, Pod, ResourceFieldSelector } from './types.ts'

export class DownwardAPIError extends Error {
  readonly code = 'DOWNWARD_API_FIELD'
}

export interface SubscriptedPath {
  path: string
  subscript?: string
}

/** `metadata.labels['app']` is the entry `app` of `metadata.labels`. */
export function splitSubscript(fieldPath: string): SubscriptedPath {
  const [, path, subscript] = /^(.+?)\['(.*)'\]$/.exec(fieldPath) ?? []
  return path === undefined || subscript === undefined ? { path: fieldPath } : { path, subscript }
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

/** One entry a line, in order of keys: `app="web"`. */
export const formatMap = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}="${value.replace(/[\n\r\t"\\]/g, (char) => escapes[char] ?? char)}"`)
    .join('\n')

const ips = (list: readonly { ip?: string }[] | undefined): string => (list ?? []).map(({ ip }) => ip).join(',')

const fields: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'metadata.uid': ({ metadata }) => metadata.uid,
  'metadata.labels': ({ metadata }) => formatMap(metadata.labels),
  'metadata.annotations': ({ metadata }) => formatMap(metadata.annotations),
  'spec.nodeName': ({ spec }) => spec.nodeName,
  'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName,
  'status.hostIP': ({ status }) => status?.hostIP,
  'status.hostIPs': ({ status }) => ips(status?.hostIPs),
  'status.podIP': ({ status }) => status?.podIP,
  'status.podIPs': ({ status }) => ips(status?.podIPs),
}

/** The value of a `fieldRef`, for an environment variable or a file. Throws DownwardAPIError for a path it lacks. */
export function podFieldValue(pod: Pod, fieldPath: string): string {
  const { path, subscript } = splitSubscript(fieldPath)
  if (subscript !== undefined) {
    if (path === 'metadata.annotations') return pod.metadata.annotations?.[subscript] ?? ''
    if (path === 'metadata.labels') return pod.metadata.labels?.[subscript] ?? ''
    throw new DownwardAPIError(`fieldPath "${fieldPath}" does not support subscript`)
  }
  const field = fields[path]
  if (!field) throw new DownwardAPIError(`unsupported fieldPath: ${fieldPath}`)
  return field(pod) ?? ''
}

/** What a container without a limit may use is what the node has. */
function limitOf(container: Container, name: string, allocatable: Readonly<ResourceList>): string {
  const limit = container.resources?.limits?.[name]
  if (limit !== undefined && compareQuantities(limit, '0') !== 0) return limit
  return isHugePages(name) ? '0' : (allocatable[name] ?? '0')
}

const ceilDivide = (amount: number, divisor: number): string => String(Math.ceil(amount / divisor))

function inUnits(name: string, amount: QuantityLike, divisor: QuantityLike): string {
  return name === 'cpu'
    ? ceilDivide(quantityMilliValue(amount), quantityMilliValue(divisor))
    : ceilDivide(quantityValue(amount), quantityValue(divisor))
}

/**
 * The value of a `resourceFieldRef` such as `limits.cpu`, in units of its divisor, rounded up. `allocatable` is the
 * node's, which stands in for limits that are not set.
 */
export function containerResourceValue(
  container: Container,
  { resource, divisor }: ResourceFieldSelector,
  allocatable: Readonly<ResourceList>,
): string {
  const [, kind, name = ''] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource) ?? []
  if (!kind) throw new DownwardAPIError(`unsupported container resource : ${resource}`)
  const amount =
    kind === 'limits' ? limitOf(container, name, allocatable) : (container.resources?.requests?.[name] ?? '0')
  const unit = divisor && parseQuantity(divisor).nanos !== 0n ? divisor : '1'
  return inUnits(name, amount, unit)
}
