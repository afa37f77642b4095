import { createSocket, type RemoteInfo } from 'node:dgram'
import { createServer, isIPv6, type Socket } from 'node:net'
import { type DnsAnswer, type DnsQuery, encodeAnswer, MessageError, parseQuery } from '../message.ts'
import { tcpMessages, withLength } from './tcp-framing.ts'

export interface DnsServerOptions {
  address: string
  /** 0 takes a free one, the same for UDP and TCP. */
  port: number
  answer: (query: DnsQuery) => Promise<DnsAnswer>
  /** Told of every answer, for metrics. */
  answered?: (query: DnsQuery, answer: DnsAnswer, seconds: number) => void
}

export interface DnsServer {
  readonly port: number
  close(): Promise<void>
}

const tcpIdleMs = 10_000
/** Connections that may be open at once: more are closed at once, so that nobody can use up our memory. */
const maxTcpConnections = 1_000

/** Answers over UDP and TCP at one address. */
export async function serveDns(options: DnsServerOptions): Promise<DnsServer> {
  const { address } = options
  const sockets = new Set<Socket>()
  const reply = async (message: Buffer, protocol: DnsQuery['protocol']): Promise<Buffer | undefined> => {
    const start = performance.now()
    let query: DnsQuery
    try {
      query = parseQuery(message, protocol)
    } catch (error) {
      if (error instanceof MessageError) return error.reply
      throw error
    }
    const answer = await options.answer(query)
    options.answered?.(query, answer, (performance.now() - start) / 1000)
    return encodeAnswer(query, answer)
  }

  const tcp = createServer((socket) => {
    if (sockets.size >= maxTcpConnections) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.setTimeout(tcpIdleMs, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on(
      'data',
      tcpMessages(async (message) => {
        const response = await reply(message, 'tcp').catch(() => undefined)
        if (response && !socket.destroyed) socket.write(withLength(response))
      }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject)
    tcp.listen(options.port, address, resolve)
  })
  const { port } = tcp.address() as { port: number }

  const udp = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' })
  udp.on('message', async (message: Buffer, client: RemoteInfo) => {
    const response = await reply(message, 'udp').catch(() => undefined)
    // A client that went away is no matter of ours.
    if (response) udp.send(response, client.port, client.address, () => {})
  })
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(port, address, resolve)
    })
  } catch (error) {
    tcp.close()
    throw error
  }
  udp.on('error', () => {})

  return {
    port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise((resolve) => tcp.close(resolve)),
      ])
    },
  }
}
