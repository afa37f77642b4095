import type { FieldError } from './field-error.ts'
import type { GroupResource } from './meta.ts'
import { type Failure, failure, type Status, type StatusCause, type StatusReason } from './status.ts'

/** What an API call fails with, on the server that decides it and on the client that reads the answer. */
export class StatusError extends Error {
  readonly status: Status
  constructor(status: Status | Failure, options?: ErrorOptions) {
    super(status.message ?? '', options)
    this.name = 'StatusError'
    this.status = 'kind' in status ? status : failure(status)
  }
  /** The HTTP status code. */
  get code(): number {
    return this.status.code
  }
  get reason(): StatusReason {
    return this.status.reason ?? ''
  }
}

export interface GroupKind {
  group: string
  kind: string
}

const qualified = (group: string, name: string): string => (group ? `${name}.${group}` : name)
const shown = ({ group, resource }: GroupResource): string => qualified(group, resource)
const named = ({ group, resource }: GroupResource, name: string) => ({ name, group, kind: resource })
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
const quote = (text: string): string => JSON.stringify(text)

export const notFound = (resource: GroupResource, name: string): StatusError =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${shown(resource)} ${quote(name)} not found`,
    details: named(resource, name),
  })

/** No such path, or no such resource: not a missing object. */
export const genericNotFound = (): StatusError =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  })

export const alreadyExists = (resource: GroupResource, name: string): StatusError =>
  new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${shown(resource)} ${quote(name)} already exists`,
    details: named(resource, name),
  })

export const generateNameConflict = (resource: GroupResource, name: string, retryAfterSeconds = 1): StatusError =>
  new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${shown(resource)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`,
    details: { ...named(resource, name), retryAfterSeconds },
  })

export const unauthorized = (message = 'Unauthorized'): StatusError =>
  new StatusError({ code: 401, reason: 'Unauthorized', message })

/** `why` follows `pods "x" is forbidden: `. */
export function forbidden(resource: GroupResource, name: string, why: string): StatusError {
  const subject = resource.resource ? `${shown(resource)}${name ? ` ${quote(name)}` : ''} is ` : ''
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject}forbidden: ${why}`,
    details: named(resource, name),
  })
}

/** `why` follows `Operation cannot be fulfilled on pods "x": `; without it, the object was modified in between. */
export const conflict = (
  resource: GroupResource,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError =>
  new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${shown(resource)} ${quote(name)}: ${why}`,
    details: named(resource, name),
  })

/** Server-side apply met fields that other managers own. */
export const applyConflict = (message: string, causes: StatusCause[]): StatusError =>
  new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } })

/** Deprecated upstream in favour of `expired`; eviction of history answers the latter. */
export const gone = (message: string): StatusError => new StatusError({ code: 410, reason: 'Gone', message })

/** A resourceVersion or continue token that is too old. */
export const expired = (message: string): StatusError => new StatusError({ code: 410, reason: 'Expired', message })

export function invalid({ group, kind }: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const messages = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  const head = `${qualified(group, kind)} ${quote(name)} is invalid`
  const list = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: messages.length === 0 ? head : `${head}: ${list}`,
    details: {
      name,
      group,
      kind,
      causes: errors.map(({ type, message, field }) => ({ reason: type, message, field })),
    },
  })
}

export const badRequest = (message: string): StatusError =>
  new StatusError({ code: 400, reason: 'BadRequest', message })

export const tooManyRequests = (
  message = 'Too many requests, please try again later.',
  retryAfterSeconds = 1,
): StatusError => new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } })

export const serviceUnavailable = (message: string): StatusError =>
  new StatusError({ code: 503, reason: 'ServiceUnavailable', message })

/** `action` is the verb: `delete`, `patch`. */
export const methodNotSupported = (resource: GroupResource, action: string): StatusError =>
  new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind ${quote(shown(resource))}`,
    details: { group: resource.group, kind: resource.resource },
  })

export const serverTimeout = (resource: GroupResource, operation: string, retryAfterSeconds = 1): StatusError =>
  new StatusError({
    code: 500,
    reason: 'ServerTimeout',
    message: `The ${operation} operation against ${shown(resource)} could not be completed at this time, please try again.`,
    details: { ...named(resource, operation), retryAfterSeconds },
  })

export const timeout = (message: string, retryAfterSeconds = 0): StatusError =>
  new StatusError({ code: 504, reason: 'Timeout', message: `Timeout: ${message}`, details: { retryAfterSeconds } })

export const internalError = (cause: unknown): StatusError =>
  new StatusError(
    {
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${messageOf(cause)}`,
      details: { causes: [{ message: messageOf(cause) }] },
    },
    { cause },
  )

export const requestEntityTooLarge = (message: string): StatusError =>
  new StatusError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `Request entity too large: ${message}`,
  })

/** As etcd's alarm NOSPACE comes through upstream's server, which has no reason for it; the code says what upstream's 500 does not. */
export const insufficientStorage = (): StatusError =>
  new StatusError({ code: 507, reason: '', message: 'etcdserver: mvcc: database space exceeded' })

const acceptedTypes = (accepted: readonly string[]): string => accepted.join(', ')

export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${acceptedTypes(accepted)}`,
  })

export const notAcceptable = (accepted: readonly string[]): StatusError =>
  new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${acceptedTypes(accepted)}`,
  })

const hasReason =
  (reason: StatusReason) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && error.reason === reason

export const isStatusError = (error: unknown): error is StatusError => error instanceof StatusError
export const isNotFound = hasReason('NotFound')
export const isAlreadyExists = hasReason('AlreadyExists')
export const isConflict = hasReason('Conflict')
export const isInvalid = hasReason('Invalid')
export const isGone = hasReason('Gone')
/** The resourceVersion is too old: list again. Upstream's clients treat Gone the same. */
export const isExpired = (error: unknown): error is StatusError =>
  hasReason('Expired')(error) || hasReason('Gone')(error)
export const isBadRequest = hasReason('BadRequest')
export const isUnauthorized = hasReason('Unauthorized')
export const isForbidden = hasReason('Forbidden')
export const isTimeout = hasReason('Timeout')
export const isServerTimeout = hasReason('ServerTimeout')
export const isTooManyRequests = hasReason('TooManyRequests')
export const isMethodNotSupported = hasReason('MethodNotAllowed')
export const isServiceUnavailable = hasReason('ServiceUnavailable')
export const isInternalError = hasReason('InternalError')

/** Does the failure carry this cause, such as `DisruptionBudget` or `NamespaceTerminating`? */
export const hasStatusCause = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && (error.status.details?.causes?.some((cause) => cause.reason === reason) ?? false)
