import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'

/** What Node's `upgrade` event brings. */
export interface Upgrade {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}

export type UpgradeKind = 'websocket' | 'spdy' | 'other'

export function upgradeKind({ headers }: Pick<IncomingMessage, 'headers'>): UpgradeKind {
  const upgrade = (headers.upgrade ?? '').toLowerCase()
  return upgrade === 'websocket' ? 'websocket' : upgrade === 'spdy/3.1' ? 'spdy' : 'other'
}

/** The peer speaks no protocol that we do. */
export class UpgradeError extends Error {
  readonly code = 'UPGRADE'
  readonly status: 400 | 403

  constructor(status: 400 | 403, message: string) {
    super(message)
    this.status = status
  }
}

const listOf = (value: string | string[] | undefined): string[] =>
  String(value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** Protocols the client asked for, in its order. */
export const requestedProtocols = (request: IncomingMessage): string[] =>
  listOf(
    upgradeKind(request) === 'websocket'
      ? request.headers['sec-websocket-protocol']
      : request.headers['x-stream-protocol-version'],
  )

/** Our first protocol among those asked for. A client that names none gets the last, and oldest. */
export function negotiate(request: IncomingMessage, supported: readonly string[]): string {
  const requested = requestedProtocols(request)
  if (requested.length === 0) return supported.at(-1) ?? ''
  const chosen = supported.find((protocol) => requested.includes(protocol))
  if (chosen !== undefined) return chosen
  throw new UpgradeError(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${requested.join(' ')}], server accepts [${supported.join(' ')}]`,
  )
}

/** Answers 101 and speaks WebSocket. */
export function acceptWebSocket({ request, socket, head }: Upgrade, protocol: string): Promise<WebSocket> {
  // ws takes '/' for no part of a protocol's name, but kubectl has one in it: ws is not shown it, and it is answered by hand.
  const { 'sec-websocket-protocol': asked, ...headers } = request.headers
  const shown = Object.create(request, { headers: { value: headers } }) as IncomingMessage
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 32 * 1024 * 1024 })
  if (asked !== undefined) server.on('headers', (lines) => void lines.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve, reject) => {
    server.once('wsClientError', reject)
    server.handleUpgrade(shown, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}

/** Answers 101 and leaves the socket to SPDY. */
export function acceptSpdy({ socket, head }: Upgrade, protocol: string): Duplex {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1']
  socket.write(`${[...lines, `X-Stream-Protocol-Version: ${protocol}`].join('\r\n')}\r\n\r\n`)
  if (head.length > 0) socket.unshift(head)
  return socket
}

/** The bytes of a WebSocket's binary messages, as one stream. */
export function bytesOf(webSocket: WebSocket): Duplex {
  return createWebSocketStream(webSocket)
}

/** Answers an upgrade that cannot be. */
export function refuseUpgrade(socket: Duplex, { status, message }: { status: number; message: string }): void {
  const body = `${message}\n`
  socket.end(
    `HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Bad Request'}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
