import { type ServiceError, status } from '@grpc/grpc-js'
import { NoSpaceError, RefusedError, UnavailableError } from '../errors.ts'

/** What etcd says of a revision or a lease, as text: its codes do not tell these apart. */
const compacted = 'etcdserver: mvcc: required revision has been compacted'
const future = 'etcdserver: mvcc: required revision is a future revision'
const leaseNotFound = 'etcdserver: requested lease not found'

export const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && typeof (error as Partial<ServiceError>).details === 'string'

const says = (error: unknown, text: string): boolean => isServiceError(error) && error.details === text

export const isCompacted = (error: unknown): boolean => says(error, compacted)
export const isFuture = (error: unknown): boolean => says(error, future)
export const isLeaseNotFound = (error: unknown): boolean => says(error, leaseNotFound)

/** The endpoint does not serve at the moment; another one may. */
export const isUnavailable = (error: unknown): boolean => isServiceError(error) && error.code === status.UNAVAILABLE

/** It never left this process: a write may be tried elsewhere without being done twice. */
export const wasNeverSent = (error: unknown): boolean =>
  isUnavailable(error) && (error as ServiceError).details.startsWith('No connection established')

/** What Go calls the codes, as upstream's messages do. */
const names: Readonly<Record<number, string>> = {
  [status.CANCELLED]: 'Canceled',
  [status.UNKNOWN]: 'Unknown',
  [status.INVALID_ARGUMENT]: 'InvalidArgument',
  [status.NOT_FOUND]: 'NotFound',
  [status.PERMISSION_DENIED]: 'PermissionDenied',
  [status.RESOURCE_EXHAUSTED]: 'ResourceExhausted',
  [status.FAILED_PRECONDITION]: 'FailedPrecondition',
  [status.OUT_OF_RANGE]: 'OutOfRange',
  [status.UNIMPLEMENTED]: 'Unimplemented',
  [status.INTERNAL]: 'Internal',
  [status.UNAVAILABLE]: 'Unavailable',
  [status.UNAUTHENTICATED]: 'Unauthenticated',
}

/** What became of a connection, as Go tells it. */
function told(details: string): string {
  const [, address] = /connect ECONNREFUSED (\S+?)\.? /.exec(details) ?? []
  if (address)
    return `connection error: desc = "transport: Error while dialing: dial tcp ${address}: connect: connection refused"`
  return details === 'Connection dropped'
    ? 'error reading from server: EOF'
    : details.replace(/ Resolution note: $/, '')
}

const passing = new Set<number>([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL, status.UNKNOWN])

/** An error of gRPC as one of the contract's, in the words that upstream has for it. */
export function translate(error: unknown): unknown {
  if (!isServiceError(error)) return error
  const { code, details } = error
  if (code === status.DEADLINE_EXCEEDED) return new UnavailableError('context deadline exceeded', { cause: error })
  const message = details.startsWith('etcdserver: ')
    ? details
    : `rpc error: code = ${names[code]} desc = ${told(details)}`
  if (code === status.RESOURCE_EXHAUSTED && details.includes('space exceeded'))
    return new NoSpaceError(message, { cause: error })
  return passing.has(code)
    ? new UnavailableError(message, { cause: error })
    : new RefusedError(message, { cause: error })
}
