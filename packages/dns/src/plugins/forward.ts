import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import * as dnsPacket from 'dns-packet'
import { type DnsAnswer, type DnsQuery, type Rcode, rcodes } from '../message.ts'
import { tcpMessages, withLength } from '../server/tcp-framing.ts'
import type { DnsPlugin } from './plugin.ts'

export interface Upstream {
  address: string
  port: number
}

export interface ForwardOptions {
  upstreams: readonly Upstream[]
  timeoutMs?: number
}

/** No name server could be asked, or none answered. */
export class UpstreamError extends Error {
  readonly code = 'DNS_UPSTREAM'
}

/** Asks the host's own name servers, one after the other until one answers; again over TCP what does not fit. */
export const forward = ({ upstreams, timeoutMs = 2_000 }: ForwardOptions): DnsPlugin => ({
  name: 'forward',
  async handle(query) {
    let problem: unknown = new UpstreamError('there is no upstream name server')
    for (const upstream of upstreams) {
      try {
        return await ask(upstream, query, timeoutMs)
      } catch (error) {
        problem = error
      }
    }
    throw problem
  },
})

async function ask(upstream: Upstream, query: DnsQuery, timeoutMs: number): Promise<DnsAnswer> {
  const id = Math.floor(Math.random() * 65_536)
  const message = dnsPacket.encode({
    type: 'query',
    id,
    flags: query.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0,
    questions: [query.question],
    additionals: query.edns ? [query.edns] : [],
  })
  const overUdp = query.protocol === 'udp' ? await askUdp(upstream, { message, id, timeoutMs }) : undefined
  const response = overUdp && !isTruncated(overUdp) ? overUdp : await askTcp(upstream, { message, timeoutMs })
  const { answers = [], authorities = [], additionals = [], flags = 0 } = dnsPacket.decode(response)
  const rcode = (Object.keys(rcodes) as Rcode[]).find((name) => rcodes[name] === (flags & 15)) ?? 'SERVFAIL'
  return {
    rcode,
    answers,
    authorities,
    additionals: additionals.filter(({ type }) => type !== 'OPT'),
    authoritative: false,
  }
}

const isTruncated = (message: Buffer): boolean => ((message[2] ?? 0) & 0x02) !== 0

interface Request {
  message: Buffer
  timeoutMs: number
}

/** A socket for each question: its port and the id must both be guessed by whoever wants to forge an answer. */
const askUdp = ({ address, port }: Upstream, { message, id, timeoutMs }: Request & { id: number }): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    const timer = setTimeout(
      () => finish(() => reject(new UpstreamError(`${address}:${port} did not answer in ${timeoutMs} ms`))),
      timeoutMs,
    )
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      socket.close()
      settle()
    }
    socket.on('error', (error) => finish(() => reject(error)))
    socket.on('message', (response) => {
      if (response.length >= 12 && response.readUInt16BE(0) === id) finish(() => resolve(response))
    })
    socket.connect(port, address, () => socket.send(message))
  })

const askTcp = ({ address, port }: Upstream, { message, timeoutMs }: Request): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: timeoutMs })
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.on('timeout', () => fail(new UpstreamError(`${address}:${port} did not answer in ${timeoutMs} ms`)))
    socket.on('error', fail)
    socket.on('end', () => fail(new UpstreamError(`${address}:${port} closed the connection`)))
    socket.on(
      'data',
      tcpMessages((response) => {
        socket.destroy()
        resolve(response)
      }),
    )
    socket.write(withLength(message))
  })

/** Name servers of a resolv.conf, but for ourselves. */
export const parseResolvConf = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '')

/** `address`, `address:port` or `[v6]:port`. */
export function parseUpstream(text: string): Upstream {
  const found = /^(?:\[(?<v6>.+)\]|(?<v4>[^:]+)|(?<bare>.*:.*:.*))(?::(?<port>\d+))?$/.exec(text)
  const { v4, v6, bare, port } = found?.groups ?? {}
  return { address: v4 ?? v6 ?? bare ?? text, port: Number(port ?? 53) }
}
