import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ResourceRequest } from '../handlers/handler.ts'
import { takeSocket } from '../request/upgrade.ts'
import { type ProxyTarget, refuse, relay, tellFailure } from './proxy.ts'

const protocols = ['binary.k8s.io', 'base64.binary.k8s.io']

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
})

/** Text that the kubelet streams, for browsers: messages of bytes, or of base64 where the client asked for that. */
export function textOverWebSocket(resource: ResourceRequest, target: ProxyTarget): Promise<void> {
  const { agent, host, port, path } = target
  return new Promise((resolve) => {
    const outgoing = httpsRequest({ host, port, path, ...(agent && { agent }) })
    outgoing.once('error', (error) => {
      refuse(resource, error, target)
      resolve()
    })
    outgoing.once('response', (answer) => {
      if (answer.statusCode === 200) void accept(resource, answer).finally(resolve)
      else if (target.asked) tellFailure(resource, answer, target.asked).finally(resolve)
      else relay(resource, answer, resolve)
    })
    outgoing.end()
  })
}

async function accept({ request, reply, services }: ResourceRequest, text: IncomingMessage): Promise<void> {
  reply.hijack()
  const raw = request.raw as IncomingMessage
  const upgrade = takeSocket(raw, reply.raw as unknown as ServerResponse)
  if (!upgrade) {
    text.destroy()
    return
  }
  const socket = await new Promise<WebSocket>((resolve) =>
    server.handleUpgrade(raw, upgrade.socket, upgrade.head, resolve),
  )
  const abort = () => text.destroy()
  socket.on('close', abort)
  socket.on('error', abort)
  services.stopping.addEventListener('abort', abort, { once: true })
  const asText = socket.protocol === 'base64.binary.k8s.io'
  try {
    for await (const chunk of text as AsyncIterable<Buffer>)
      await new Promise<void>((sent) => socket.send(asText ? chunk.toString('base64') : chunk, () => sent()))
  } catch {
    // One of the two has left, which ends the other.
  } finally {
    services.stopping.removeEventListener('abort', abort)
    socket.close(1000)
  }
}
