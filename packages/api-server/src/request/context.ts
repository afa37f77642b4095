import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { anonymous, type UserInfo } from '../authentication/user.ts'
import type { Attributes } from '../authorization/authorizer.ts'
import { type RequestInfo, requestInfo } from './request-info.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the first hook of every request. */
    kube: RequestContext
  }
}

/** The socket of a request that asks to leave HTTP: exec, attach, port-forward, a watch over WebSocket. */
export interface Upgrade {
  readonly socket: Socket
  readonly head: Buffer
}

/** What the hooks find out about a request, for those after them and for its handler. */
export class RequestContext {
  readonly info: RequestInfo
  /** The query without its question mark, as it came. */
  readonly rawQuery: string
  readonly receivedAt: number
  readonly longRunning: boolean
  readonly upgrade: Upgrade | undefined
  user: UserInfo = anonymous
  /** When it must be answered, as `receivedAt` tells time; a long-running request has all the time there is. */
  deadline = Number.POSITIVE_INFINITY
  /** Told when a watch has handed over what it begins with: from then on it costs little. */
  initialized: (() => void) | undefined
  /** Texts for `Warning` headers. */
  warnings: Set<string> | undefined
  #query: URLSearchParams | undefined

  constructor({
    method,
    url,
    upgrade,
    now,
  }: { method: string; url: string; upgrade: Upgrade | undefined; now: number }) {
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    this.rawQuery = mark < 0 ? '' : url.slice(mark + 1)
    this.info = requestInfo(method, path.includes('%') ? decodeURIComponent(path) : path, this.rawQuery)
    this.receivedAt = now
    this.upgrade = upgrade
    this.longRunning = isLongRunning(this.info)
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.rawQuery)
    return this.#query
  }

  /** A query parameter, undefined where absent or empty. */
  parameter(name: string): string | undefined {
    return this.rawQuery === '' ? undefined : this.query.get(name) || undefined
  }

  get attributes(): Attributes {
    return { user: this.user, ...attributesOf(this.info) }
  }

  warn(text: string): void {
    this.warnings ??= new Set()
    this.warnings.add(text)
  }
}

const attributesOf = (info: RequestInfo): Omit<Attributes, 'user'> => ({
  verb: info.verb,
  isResourceRequest: info.isResourceRequest,
  namespace: info.namespace,
  apiGroup: info.apiGroup,
  apiVersion: info.apiVersion,
  resource: info.resource,
  subresource: info.subresource,
  name: info.name,
  path: info.path,
  fieldSelector: info.fieldSelector,
  labelSelector: info.labelSelector,
})

/** Everything that is stored: not below `/api`, so only who may do everything on non-resource paths is let in. */
export const backupPath = '/tandem/backup'

const longRunningVerbs = new Set(['watch', 'proxy'])
const longRunningSubresources = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** These hold no place among the requests in flight and have no deadline. */
const isLongRunning = ({ verb, subresource, path }: RequestInfo): boolean =>
  longRunningVerbs.has(verb) ||
  longRunningSubresources.has(subresource) ||
  path.startsWith('/debug/pprof/') ||
  path === backupPath

export type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** Calls back when the answer is out, or, for a connection that left HTTP, when it is closed. */
export function whenEnded({ kube }: FastifyRequest, reply: FastifyReply, callback: () => void): void {
  if (kube.upgrade) kube.upgrade.socket.once('close', callback)
  else reply.raw.once('close', callback)
}

/** The client has closed its connection or stream: `close`, which tells of it, will not come again. */
export function hasLeft({ raw }: FastifyReply): boolean {
  const { closed, stream } = raw as { closed?: boolean; stream?: { destroyed: boolean } }
  return closed === true || stream?.destroyed === true
}
