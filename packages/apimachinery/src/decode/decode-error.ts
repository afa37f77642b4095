import { badRequest, type StatusError } from '../errors.ts'

/** A body that is not what its type says. The message is what Go's decoder would say; `decodeFailure` puts it into an answer. */
export class DecodeError extends Error {
  readonly code = 'DECODE'
}

export interface DecodeTarget {
  /** The kind that was expected. */
  kind: string
  /** What the body says it is, when it could be read that far. */
  found?: { kind: string; version: string } | undefined
  body?: Uint8Array | undefined
}

/** The answer to a body that cannot be decoded, in upstream's words. */
export function decodeFailure(error: Error, { kind, found, body }: DecodeTarget): StatusError {
  if (found?.kind)
    return badRequest(
      `${found.kind} in version ${JSON.stringify(found.version)} cannot be handled as a ${kind}: ${error.message}`,
    )
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summary(body)})`,
  )
}

function summary(body: Uint8Array | undefined): string {
  if (!body?.length) return '<empty>'
  const start = Buffer.from(body.subarray(0, 30))
  const rest = body.length > 30 ? ' ...' : ''
  return `${start.toString(start[0] === 0x7b ? 'utf8' : 'hex')}${rest}`
}
