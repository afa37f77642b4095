import {
  badRequest,
  expired,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  StatusError,
} from '@tandem/apimachinery'
import type { ListRequest, WatchRequest } from './store.ts'

/** Which state a list is to show. */
export type ListAt =
  | { mode: 'latest' }
  | { mode: 'any' }
  | { mode: 'notOlderThan'; revision: number }
  | { mode: 'exact'; revision: number }

const maxUint64 = 2n ** 64n - 1n

export function parseResourceVersion(text: string, prefix = ''): number {
  const fault = !/^\d+$/.test(text) ? 'invalid syntax' : BigInt(text) > maxUint64 ? 'value out of range' : undefined
  if (fault)
    throw badRequest(
      `${prefix}resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${fault}`,
    )
  return Number(text)
}

export function listAt(request: ListRequest): ListAt {
  const { resourceVersion = '', resourceVersionMatch = '', limit = 0 } = request
  refuse(faultsOfList(request))
  if (resourceVersion === '') return { mode: 'latest' }
  const revision = parseResourceVersion(resourceVersion, 'invalid resource version: ')
  if (revision === 0) return { mode: 'any' }
  // Before there was a match, a limit with a version meant exactly that version.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0)
  return { mode: exact ? 'exact' : 'notOlderThan', revision }
}

const field = 'resourceVersionMatch'
const withContinue = () => forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided')

function faultsOfList(request: ListRequest): FieldError[] {
  const { resourceVersion = '', resourceVersionMatch = '' } = request
  const faults: FieldError[] = []
  if (resourceVersionMatch !== '') {
    if (resourceVersion === '')
      faults.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (request.continue) faults.push(withContinue())
    if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan')
      faults.push(notSupported(field, resourceVersionMatch, ['Exact', 'NotOlderThan', '']))
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
      faults.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (request.sendInitialEvents !== undefined)
    faults.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return faults
}

function refuse(faults: readonly FieldError[]): void {
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults)
}

export interface WatchFrom {
  /** Undefined: from now. */
  revision: number | undefined
  /** Begin with an ADDED for all there is. */
  initialEvents: boolean
  /** End them with a bookmark that says so. */
  endBookmark: boolean
}

export function watchFrom(request: WatchRequest): WatchFrom {
  const { resourceVersion = '', resourceVersionMatch = '', allowWatchBookmarks = false } = request
  refuse(faultsOfWatch(request))
  const revision = resourceVersion === '' ? 0 : parseResourceVersion(resourceVersion)
  // One that begins at no version is told of all there is, as if it had asked for that.
  const initialEvents = request.sendInitialEvents ?? (resourceVersionMatch === '' && revision === 0)
  return {
    revision: revision === 0 ? undefined : revision,
    initialEvents,
    endBookmark: initialEvents && allowWatchBookmarks,
  }
}

function faultsOfWatch({ resourceVersionMatch = '', ...request }: WatchRequest): FieldError[] {
  const faults: FieldError[] = []
  const asked = request.sendInitialEvents !== undefined
  if (asked && resourceVersionMatch !== 'NotOlderThan')
    faults.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (resourceVersionMatch === '') return faults
  if (!asked)
    faults.push(
      forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  if (resourceVersionMatch !== 'NotOlderThan') faults.push(notSupported(field, resourceVersionMatch, ['NotOlderThan']))
  if (request.continue) faults.push(withContinue())
  return faults
}

export const tooOld = (requested: number, oldest: number): StatusError =>
  expired(`too old resource version: ${requested} (${oldest})`)

export const listTooOld = (): StatusError => expired('The resourceVersion for the provided list is too old.')

export const tooLarge = (requested: number, current: number): StatusError =>
  new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${requested}, current: ${current}`,
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  })
