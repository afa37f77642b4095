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

export function parseResourceVersion(text: string): number {
  if (!/^\d+$/.test(text))
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  return Number(text)
}

export function listAt({
  resourceVersion = '',
  resourceVersionMatch = '',
  continue: token,
  limit = 0,
}: ListRequest): ListAt {
  const faults = validateMatch({ resourceVersion, resourceVersionMatch, continued: Boolean(token) })
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults)
  if (resourceVersion === '') return { mode: 'latest' }
  const revision = parseResourceVersion(resourceVersion)
  if (revision === 0) return { mode: 'any' }
  // Before there was a match, a limit with a version meant exactly that version.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0)
  return { mode: exact ? 'exact' : 'notOlderThan', revision }
}

function validateMatch(request: {
  resourceVersion: string
  resourceVersionMatch: string
  continued: boolean
}): FieldError[] {
  const { resourceVersion, resourceVersionMatch, continued } = request
  const field = 'resourceVersionMatch'
  if (resourceVersionMatch === '') return []
  const faults: FieldError[] = []
  if (resourceVersion === '')
    faults.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (continued) faults.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan')
    faults.push(notSupported(field, resourceVersionMatch, ['Exact', 'NotOlderThan', '']))
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
    faults.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  return faults
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
  const { resourceVersion = '', resourceVersionMatch = '', sendInitialEvents } = request
  const faults: FieldError[] = []
  if (sendInitialEvents !== undefined) {
    if (resourceVersionMatch !== 'NotOlderThan')
      faults.push(
        forbiddenField(
          'resourceVersionMatch',
          'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        ),
      )
  } else if (resourceVersionMatch !== '') {
    faults.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    )
  }
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults)
  const revision = resourceVersion === '' ? 0 : parseResourceVersion(resourceVersion)
  const initialEvents = sendInitialEvents ?? revision === 0
  return {
    revision: revision === 0 ? undefined : revision,
    initialEvents,
    endBookmark: sendInitialEvents === true && request.allowWatchBookmarks === true,
  }
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
