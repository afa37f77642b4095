/** The answer that is not an object: every failure, and a deletion that leaves nothing to show. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: StatusMeta
  status: 'Success' | 'Failure'
  message?: string
  reason?: StatusReason
  details?: StatusDetails
  code: number
}

export interface StatusMeta {
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
  selfLink?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'Gone'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServerTimeout'
  | 'ServiceUnavailable'
  | 'StoreReadError'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType'
  | ''

/** Fields are in the order in which upstream serializes them. */
export const success = (details?: StatusDetails, code = 200): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details && { details }),
  code,
})

export interface Failure {
  code: number
  reason: StatusReason
  message: string
  details?: StatusDetails
}

export const failure = ({ code, reason, message, details }: Failure): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  ...(reason && { reason }),
  ...(details && { details: withoutEmpty(details) }),
  code,
})

/** Upstream leaves out empty strings, zeros and empty lists. */
function withoutEmpty(details: StatusDetails): StatusDetails {
  const { name, group, kind, uid, causes, retryAfterSeconds } = details
  return {
    ...(name && { name }),
    ...(group && { group }),
    ...(kind && { kind }),
    ...(uid && { uid }),
    ...(causes?.length && { causes }),
    ...(retryAfterSeconds && { retryAfterSeconds }),
  }
}
