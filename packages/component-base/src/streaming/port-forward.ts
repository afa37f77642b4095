import { Duplex, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { SpdyConnection } from './spdy/connection.ts'
import type { SpdyStream } from './spdy/stream.ts'
import { acceptSpdy, acceptWebSocket, bytesOf, negotiate, type Upgrade, UpgradeError, upgradeKind } from './upgrade.ts'

const spdyProtocol = 'portforward.k8s.io'
const tunnelProtocol = `SPDY/3.1+${spdyProtocol}`
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']
const pairTimeoutMs = 30_000

/** One connection that somebody made to the local end of `kubectl port-forward`. */
export interface ForwardedConnection {
  port: number
  data: Duplex
  /** What is written here is shown to the user as the reason why it failed. End it in either case. */
  error: Writable
}

export interface PortForward {
  close(): void
  readonly closed: Promise<void>
}

export interface PortForwardOptions {
  /** `?ports=`: only the channel protocol of old clients needs them beforehand. */
  ports: readonly number[]
  onConnection(connection: ForwardedConnection): void
}

/** Takes an upgrade over: SPDY, SPDY tunnelled in WebSocket (kubectl 1.31 and later), or WebSocket channels (other clients). */
export async function acceptPortForward(upgrade: Upgrade, options: PortForwardOptions): Promise<PortForward> {
  switch (upgradeKind(upgrade.request)) {
    case 'spdy':
      return forwardSpdy(acceptSpdy(upgrade, negotiate(upgrade.request, [spdyProtocol])), options)
    case 'websocket': {
      const protocol = negotiate(upgrade.request, [tunnelProtocol, ...channelProtocols])
      const webSocket = await acceptWebSocket(upgrade, protocol)
      return protocol === tunnelProtocol
        ? forwardSpdy(bytesOf(webSocket), options)
        : forwardChannels(webSocket, { ...options, base64: protocol.includes('base64') })
    }
    case 'other':
      throw new UpgradeError(400, 'unable to upgrade: missing upgrade headers in request')
  }
}

/** Each connection is a pair of streams with the same request id. */
function forwardSpdy(transport: Duplex, { onConnection }: PortForwardOptions): PortForward {
  interface Pair {
    data?: SpdyStream
    error?: SpdyStream
    timer: NodeJS.Timeout
  }
  const pairs = new Map<string, Pair>()
  const connection = new SpdyConnection(transport, {
    role: 'server',
    onStream(stream) {
      const { port = '', streamtype, requestid = `port-${port}` } = stream.headers
      const pair: Pair = pairs.get(requestid) ?? { timer: setTimeout(() => give(requestid), pairTimeoutMs) }
      pairs.set(requestid, pair)
      if (streamtype === 'data') pair.data = stream
      else if (streamtype === 'error') pair.error = stream
      else return void stream.destroy()
      if (!pair.data || !pair.error) return
      clearTimeout(pair.timer)
      pairs.delete(requestid)
      onConnection({ port: Number(port), data: pair.data, error: pair.error })
    },
  })
  const give = (requestId: string) => {
    const pair = pairs.get(requestId)
    pairs.delete(requestId)
    pair?.data?.destroy()
    pair?.error?.destroy()
  }
  connection.closed.then(() => {
    for (const { timer } of pairs.values()) clearTimeout(timer)
  })
  return { close: () => connection.close(), closed: connection.closed }
}

/** One connection a port: an even channel of data, the odd one after it of errors. Each begins with its port, two bytes, low first. */
function forwardChannels(
  webSocket: WebSocket,
  { ports, onConnection, base64 }: PortForwardOptions & { base64: boolean },
): PortForward {
  const send = (channel: number, data: Buffer, done: (error?: Error | null) => void) => {
    if (webSocket.readyState !== webSocket.OPEN) return done(new Error('the client is gone'))
    webSocket.send(
      base64 ? `${channel}${data.toString('base64')}` : Buffer.concat([Buffer.from([channel]), data]),
      done,
    )
  }
  const connections = ports.map((port, index) => {
    const data = new Duplex({
      read: () => webSocket.resume(),
      write: (chunk: Buffer, _encoding, done) => send(index * 2, chunk, done),
    })
    const error = new Writable({ write: (chunk: Buffer, _encoding, done) => send(index * 2 + 1, chunk, done) })
    for (const stream of [data, error]) stream.on('error', () => undefined)
    const prefix = Buffer.from([port & 0xff, port >> 8])
    send(index * 2, prefix, () => undefined)
    send(index * 2 + 1, prefix, () => undefined)
    return { port, data, error }
  })
  webSocket.on('message', (message: Buffer) => {
    const first = (message[0] ?? 0) - (base64 ? 0x30 : 0)
    const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    const target = connections[first / 2]?.data
    if (target && data.length > 0 && !target.push(data)) webSocket.pause()
  })
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()))
  closed.then(() => {
    for (const { data } of connections) data.destroy()
  })
  const open = new Set(connections)
  for (const connection of connections) {
    connection.data.once('close', () => {
      open.delete(connection)
      if (open.size === 0) webSocket.close(1000)
    })
    onConnection(connection)
  }
  return { close: () => webSocket.close(1000), closed }
}
