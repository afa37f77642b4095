import type { IncomingMessage, ServerResponse } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Watch } from '../registry/store.ts'
import { takeSocket } from '../request/upgrade.ts'
import type { ResourceRequest } from './handler.ts'
import type { View } from './view.ts'

const server = new WebSocketServer({ noServer: true, clientTracking: false, handleProtocols: () => false })

// With more than this unsent, nothing is added.
const maxBuffered = 256 << 10
/** What a client that does not read has until it is cut off, once its watch is over. */
const lingering = 10_000

/** A watch for browsers: one message an event. */
export async function watchOverWebSocket(
  { request, reply, services }: ResourceRequest,
  events: Watch,
  view: View,
  ending: AbortController,
): Promise<void> {
  const raw = request.raw as IncomingMessage
  reply.hijack()
  const upgrade = takeSocket(raw, reply.raw as unknown as ServerResponse)
  if (!upgrade) return
  const socket = await new Promise<WebSocket>((resolve) =>
    server.handleUpgrade(raw, upgrade.socket, upgrade.head, resolve),
  )
  socket.on('close', () => ending.abort())
  socket.on('error', () => ending.abort())
  const over = new Promise<void>((resolve) =>
    ending.signal.addEventListener('abort', () => {
      resolve()
      const cancel = services.clock.after(lingering, () => socket.terminate())
      socket.once('close', cancel)
    }),
  )
  const binary = view.accepted.mediaType === 'application/vnd.kubernetes.protobuf'
  let first = true
  for await (const batch of events)
    for (const event of batch) {
      if (ending.signal.aborted) break
      const sent = new Promise<void>((resolve) =>
        socket.send(view.event(event, { first }), { binary }, () => resolve()),
      )
      first = false
      if (socket.bufferedAmount > maxBuffered) await Promise.race([sent, over])
    }
  socket.close(1000)
}
