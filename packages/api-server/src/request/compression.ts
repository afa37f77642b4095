import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Encoded } from './encode.ts'
import { sendBytes } from './respond.ts'

/** Answers longer than this are compressed for clients that take it, at the level that costs least, as upstream does. */
export const compressionThreshold = 128 * 1024
export const compressionLevel = 1

export const takesGzip = ({ 'accept-encoding': encoding }: IncomingHttpHeaders): boolean =>
  typeof encoding === 'string' && encoding.split(',').some((token) => token.trim() === 'gzip')

const compress = promisify(gzip)

/** Answers a read: a large body compressed, where the client takes that. */
export function sendRead(request: FastifyRequest, reply: FastifyReply, encoded: Encoded): void | Promise<void> {
  const { mediaType, body } = encoded
  if (body.byteLength <= compressionThreshold || !takesGzip(request.headers))
    return sendBytes(reply, 200, mediaType, body)
  return compress(body, { level: compressionLevel }).then((compressed) => {
    reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding')
    sendBytes(reply, 200, mediaType, compressed)
  })
}
