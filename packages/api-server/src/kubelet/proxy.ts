import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { SecureContextOptions } from 'node:tls'
import { internalError, serviceUnavailable } from '@tandem/apimachinery'
import type { ResourceRequest } from '../handlers/handler.ts'
import { hasLeft } from '../request/context.ts'
import { sendError } from '../request/respond.ts'
import { takeSocket } from '../request/upgrade.ts'
import { limitDial } from './dial-timeout.ts'
import { type Asked, failureOf } from './failed-answer.ts'
import { pageBody } from './page-body.ts'
import { linkThroughProxy, type PagePlace } from './page-links.ts'

/** Where a request goes on to, and how. */
export interface ProxyTarget {
  scheme: 'http' | 'https'
  host: string
  port: number
  /** With its query. */
  path: string
  agent?: Agent | undefined
  /** Taken on trust: pods and services that speak TLS have certificates that nobody here knows. */
  insecure?: boolean
  /** What stands before the server's own paths for those who read its pages through us. */
  prefix?: string
  /** What a failure is told about, where the other side's own answer to it is not passed on. */
  asked?: Asked
}

/** Credentials and what belongs to this hop alone stay here. */
const notForwarded = new Set([
  'authorization',
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What says that it has no body, too. */
const bodied = new Set(['PATCH', 'POST', 'PUT'])

function forwarded(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || /^(?::|impersonate-|content-length$)/.test(name) || notForwarded.has(name)) continue
    kept[name] = name === 'sec-websocket-protocol' ? withoutToken(String(value)) : value
  }
  return kept
}

const withoutToken = (protocols: string): string =>
  protocols
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => !protocol.startsWith('base64url.bearer.authorization.k8s.io.'))
    .join(', ')

/** Passes the request on and its answer back, upgraded connections included: then both sockets are one. */
export function proxy(resource: ResourceRequest, target: ProxyTarget): Promise<void> {
  const { kube, request } = resource
  const { upgrade } = kube
  const headers = forwarded(request.headers)
  // Always framed by us: Node sends the body of a DELETE bare, and the other side would take it for its next request.
  const body = upgrade ? undefined : (request.body as Buffer | undefined)
  if (body || bodied.has(request.method)) headers['content-length'] = String(body?.length ?? 0)
  if (target.prefix !== undefined) headers['x-forwarded-uri'] = (request.raw.url ?? '').replace(/\?.*/s, '')
  const send = target.scheme === 'https' ? httpsRequest : httpRequest
  const outgoing = send({
    ...(target.scheme === 'https' && {
      ...credentialsOf(target),
      ...(target.insecure && { rejectUnauthorized: false }),
    }),
    host: target.host,
    port: target.port,
    path: target.path,
    method: request.method,
    headers: upgrade ? { ...headers, connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' } : headers,
    // An upgraded socket never returns to a pool.
    agent: upgrade ? false : target.agent,
  })
  return new Promise((resolve) => {
    outgoing.once('error', (error) => {
      refuse(resource, error, target)
      resolve()
    })
    outgoing.once('response', (answer) => {
      if (target.asked && hasFailed(answer)) tellFailure(resource, answer, target.asked).finally(resolve)
      else relay(resource, answer, resolve, placeOf(resource, target))
    })
    outgoing.once('upgrade', (answer, socket, head) =>
      join(resource, { answer, socket: socket as Socket, head }, resolve),
    )
    limitDial(outgoing, resource.services.clock)
    endWithClient(resource, outgoing)
    outgoing.end(body)
  })
}

export const hasFailed = ({ statusCode = 502 }: IncomingMessage): boolean => statusCode < 200 || statusCode > 206

export const tellFailure = async ({ request, reply }: ResourceRequest, answer: IncomingMessage, asked: Asked) =>
  sendError(request, reply, await failureOf(answer, asked).catch(internalError))

function credentialsOf({ agent }: ProxyTarget): SecureContextOptions & { rejectUnauthorized?: boolean } {
  const { cert, key, ca, rejectUnauthorized } = agent?.options ?? {}
  return {
    ...(cert && { cert }),
    ...(key && { key }),
    ...(ca && { ca }),
    ...(rejectUnauthorized === false && { rejectUnauthorized }),
  }
}

function endWithClient({ reply, services }: ResourceRequest, outgoing: ClientRequest): void {
  const abort = () => outgoing.destroy()
  reply.raw.once('close', abort)
  services.stopping.addEventListener('abort', abort, { once: true })
  outgoing.once('close', () => services.stopping.removeEventListener('abort', abort))
  if (hasLeft(reply)) abort()
}

/** Tells the client that nobody answered, where it has not been told anything yet. */
export function refuse({ request, reply }: ResourceRequest, error: Error, target: ProxyTarget): void {
  if (!reply.sent && !reply.raw.headersSent) sendError(request, reply, dialError(error, target))
}

function dialError(error: Error, { host, port }: ProxyTarget) {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENOTFOUND' || code === 'ETIMEDOUT'
    ? serviceUnavailable(`error trying to reach service: dial tcp ${host}:${port}: ${error.message}`)
    : internalError(new Error(`error dialing backend: ${error.message}`, { cause: error }))
}

const badGateway = (why: string) => internalError(new Error(`error trying to reach service: ${why}`))

function placeOf({ request }: ResourceRequest, { prefix, host, port }: ProxyTarget): PagePlace | undefined {
  const readerHost = request.headers[':authority'] ?? request.headers.host ?? ''
  return prefix === undefined ? undefined : { prefix, serverHost: `${host}:${port}`, readerHost: String(readerHost) }
}

/** Passes an ordinary answer on as it comes, but for the links of a page that is read through the proxy. */
export function relay(
  { request, reply }: ResourceRequest,
  answer: IncomingMessage,
  done: () => void,
  place?: PagePlace,
): void {
  const { statusCode = 502 } = answer
  // HTTP/2 knows no other codes, and Node's would throw.
  if (statusCode < 200 || statusCode > 599) {
    answer.destroy()
    sendError(request, reply, badGateway(`unexpected status ${statusCode}`))
    done()
    return
  }
  reply.hijack()
  const raw = reply.raw as unknown as ServerResponse
  const headers = Object.fromEntries(
    Object.entries(answer.headers).filter(([name, value]) => value !== undefined && !notForwarded.has(name)),
  ) as Record<string, string | string[]>
  if (place && answer.headers.location) headers.location = linkThroughProxy(answer.headers.location, place)
  const page = place && request.method !== 'HEAD' ? pageBody(answer, place) : undefined
  if (page) for (const name of ['content-length', 'content-encoding']) delete headers[name]
  raw.writeHead(statusCode, headers)
  raw.flushHeaders()
  if (page) pipeline(page, raw).catch(() => raw.destroy())
  else answer.pipe(raw)
  answer.once('error', () => raw.destroy())
  raw.once('close', () => {
    answer.destroy()
    done()
  })
}

interface Upgraded {
  answer: IncomingMessage
  socket: Socket
  head: Buffer
}

function join({ request, reply, kube }: ResourceRequest, { answer, socket, head }: Upgraded, done: () => void): void {
  if (!kube.upgrade) {
    socket.destroy()
    sendError(request, reply, badGateway('unexpected upgrade'))
    done()
    return
  }
  reply.hijack()
  const client = takeSocket(request.raw as IncomingMessage, reply.raw as unknown as ServerResponse)
  if (!client) {
    socket.destroy()
    done()
    return
  }
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`]
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`)
  client.socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  if (head.length > 0) client.socket.write(head)
  if (client.head.length > 0) socket.write(client.head)
  socket.pipe(client.socket)
  client.socket.pipe(socket)
  let open = 2
  // What one side said last must still reach the other.
  const closeAfter = (closed: Socket, other: Socket) => {
    closed.once('error', () => other.destroy())
    closed.once('close', () => {
      other.destroySoon()
      if (--open === 0) done()
    })
  }
  closeAfter(socket, client.socket)
  closeAfter(client.socket, socket)
}
