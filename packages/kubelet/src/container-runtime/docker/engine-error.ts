import { RuntimeNotFoundError, RuntimeUnavailableError } from '../errors.ts'

const statusCode = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined

export const isNotFound = (error: unknown): boolean => statusCode(error) === 404
export const isConflict = (error: unknown): boolean => statusCode(error) === 409
/** Start of what runs, stop of what does not. */
export const isNotModified = (error: unknown): boolean => statusCode(error) === 304

/** The engine's own words: dockerode puts its status code and a prefix before them. */
export const engineMessage = (error: unknown): string => {
  if (error instanceof Error && 'json' in error) {
    const body = error.json
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  }
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim()
}

const unreachable = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'EACCES'])

/** An error of the engine as one of the runtime contract. */
export function runtimeError(error: unknown): Error {
  if (isNotFound(error)) return new RuntimeNotFoundError(engineMessage(error), { cause: error })
  if (error instanceof Error && 'code' in error && unreachable.has(String(error.code)))
    return new RuntimeUnavailableError(`Cannot connect to the Docker daemon: ${error.message}`, { cause: error })
  return error instanceof Error && statusCode(error) === undefined
    ? error
    : new Error(engineMessage(error), { cause: error })
}
