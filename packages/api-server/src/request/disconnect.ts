import type { Http2ServerResponse } from 'node:http2'
import type { Clock } from '@tandem/component-base'
import type { FastifyReply } from 'fastify'

/** Ends the connection, or the stream of an HTTP/2 connection, with all that waits to be sent on it. */
export function disconnect({ raw }: FastifyReply): void {
  const { stream } = raw as unknown as Partial<Http2ServerResponse>
  if (stream) stream.destroy()
  else raw.destroy()
}

/** What an answer that is complete may take until its client has read it. */
const lingering = 10_000

/** An answer that has ended waits in memory until it is read: a client that does not read it has some seconds. */
export function disconnectUnlessClosed(reply: FastifyReply, clock: Clock): void {
  const cancel = clock.after(lingering, () => disconnect(reply))
  reply.raw.once('close', cancel)
}
