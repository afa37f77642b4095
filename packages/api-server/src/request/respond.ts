import { insufficientStorage, internalError, isStatusError, StatusError } from '@tandem/apimachinery'
import { NoSpaceError, RefusedError, UnavailableError } from '@tandem/storage'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Encoded, encodeObject } from './encode.ts'
import { negotiate, wantsPretty } from './negotiation.ts'

/** Answers with an object that is no stored one: a Status, a review, a version. */
export function sendObject(request: FastifyRequest, reply: FastifyReply, code: number, object: object): void {
  const accepted = negotiate({ accept: request.headers.accept, views: false })
  const pretty =
    accepted.pretty || wantsPretty(request.kube?.query.get('pretty') ?? null, request.headers['user-agent'])
  sendEncoded(reply, code, encodeObject(object, { ...accepted, pretty }))
}

export const sendEncoded = (reply: FastifyReply, code: number, { mediaType, body }: Encoded): void =>
  sendBytes(reply, code, mediaType, body)

export function sendBytes(reply: FastifyReply, code: number, contentType: string, body: Uint8Array): void {
  addWarnings(reply)
  reply.code(code).header('content-type', contentType).header('cache-control', 'no-cache, private').send(body)
}

export function addWarnings(reply: FastifyReply): void {
  const warnings = reply.request.kube?.warnings
  if (warnings) reply.header('warning', [...warnings].map(warningHeader))
}

/** Headers carry bytes: what is not ASCII goes as its UTF-8. */
const warningHeader = (text: string): string =>
  `299 - ${Buffer.from(JSON.stringify(text.replaceAll('\x7f', ''))).toString('latin1')}`

export const sendText = (reply: FastifyReply, code: number, text: string): void => {
  reply
    .code(code)
    .header('content-type', 'text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .send(text)
}

/** No such path at all: upstream answers in plain text. */
export const sendPageNotFound = (reply: FastifyReply): void => sendText(reply, 404, '404 page not found\n')

/** The failure that a client is told of: what is no status error is a fault of ours, or of the store, in its own words. */
export function statusErrorOf(error: unknown): StatusError {
  if (error instanceof UnavailableError || error instanceof RefusedError)
    return new StatusError({ code: 500, reason: '', message: error.message }, { cause: error })
  if (error instanceof NoSpaceError) return insufficientStorage()
  return isStatusError(error) ? error : internalError(error)
}

export function sendError(request: FastifyRequest, reply: FastifyReply, error: StatusError): void {
  const { status } = error
  const retryAfter = status.details?.retryAfterSeconds
  if (retryAfter) reply.header('retry-after', String(retryAfter))
  if (error.code === 401) reply.header('www-authenticate', 'Bearer')
  try {
    sendObject(request, reply, error.code, status)
  } catch {
    sendBytes(reply, error.code, 'application/json', Buffer.from(JSON.stringify(status)))
  }
}
