import type { IncomingMessage, ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import type { Watch } from '../registry/store.ts'
import { takeSocket } from '../request/upgrade.ts'
import type { ResourceRequest } from './handler.ts'
import type { View } from './view.ts'

const server = new WebSocketServer({ noServer: true, clientTracking: false, handleProtocols: () => false })

/** A watch for browsers: one message an event. */
export async function watchOverWebSocket(
  { request, reply }: ResourceRequest,
  events: Watch,
  view: View,
  ending: AbortController,
): Promise<void> {
  const raw = request.raw as IncomingMessage
  reply.hijack()
  const upgrade = takeSocket(raw, reply.raw as unknown as ServerResponse)
  if (!upgrade) return
  const socket = await new Promise<import('ws').WebSocket>((resolve) =>
    server.handleUpgrade(raw, upgrade.socket, upgrade.head, resolve),
  )
  socket.on('close', () => ending.abort())
  socket.on('error', () => ending.abort())
  let first = true
  for await (const batch of events)
    for (const event of batch) {
      const bytes = view.event(event, { first })
      first = false
      socket.send(bytes, { binary: view.accepted.mediaType === 'application/vnd.kubernetes.protobuf' })
    }
  socket.close(1000)
}
