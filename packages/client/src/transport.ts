import { failure, type Status, StatusError, type StatusReason } from '@tandem/apimachinery'
import { type Clock, systemClock } from '@tandem/component-base'
import { type Dispatcher, Pool } from 'undici'
import type { ClientConfig } from './kubeconfig/config.ts'
import { SharedConnection } from './shared-connection.ts'

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  contentType?: string | undefined
  accept?: string | undefined
  signal?: AbortSignal | undefined
}

const maxRetries = 10

/** Sends requests to one API server over kept connections; turns every answer that is not a success into a StatusError. */
export class Transport {
  readonly #config: ClientConfig
  readonly #clock: Clock
  readonly #headers: Record<string, string | string[]>
  /** Watches last for minutes: on connections of their own they never queue behind, or before, a short request. */
  readonly #requests: Pool
  readonly #watches: SharedConnection

  constructor(config: ClientConfig, clock: Clock = systemClock) {
    this.#config = config
    this.#clock = clock
    this.#headers = { accept: 'application/json', 'user-agent': config.userAgent ?? 'tandem', ...impersonation(config) }
    const options: Pool.Options = {
      bodyTimeout: 0,
      headersTimeout: 120_000,
      keepAliveTimeout: 30_000,
      connect: {
        timeout: 10_000,
        ca: config.certificateAuthority,
        cert: config.clientCertificate,
        key: config.clientKey,
        servername: config.tlsServerName,
        rejectUnauthorized: !config.insecureSkipTlsVerify,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
      },
    }
    this.#requests = new Pool(config.server, { ...options, allowH2: false, connections: 64 })
    this.#watches = new SharedConnection(config.server, options)
  }

  /** The parsed body of a success. Waits and asks again, as client-go does, while the server says when to. */
  async send<Result>(request: TransportRequest): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      const { statusCode, headers, body } = await this.#dispatch((options) => this.#requests.request(options), request)
      const text = await body.text()
      if (statusCode < 300) return parse<Result>(text)
      const retryAfter = Number(headers['retry-after'])
      const mayRetry = retryAfter >= 0 && (statusCode === 429 || statusCode >= 500) && attempt < maxRetries
      if (!mayRetry) throw errorOf(statusCode, text)
      await this.#clock.sleep(retryAfter * 1000, request.signal)
    }
  }

  /** The bytes of an answer that goes on until either side ends it. */
  async stream(request: TransportRequest): Promise<AsyncIterable<Buffer>> {
    const { statusCode, body } = await this.#dispatch((options) => this.#watches.request(options), request)
    if (statusCode >= 300) throw errorOf(statusCode, await body.text())
    return body
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#watches.close()])
  }

  async #dispatch(
    ask: (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>,
    request: TransportRequest,
  ): Promise<Dispatcher.ResponseData> {
    const { method, path, body, contentType = 'application/json', accept, signal } = request
    const token = typeof this.#config.token === 'function' ? await this.#config.token() : this.#config.token
    const headers = { ...this.#headers }
    if (accept) headers.accept = accept
    if (token) headers.authorization = `Bearer ${token}`
    if (body !== undefined) headers['content-type'] = contentType
    return ask({
      method,
      path,
      headers,
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      // A DELETE with options in its body would otherwise end the connection, for fear of servers that do not read them.
      reset: false,
      signal: signal ?? null,
    })
  }
}

function impersonation({ impersonate }: ClientConfig): Record<string, string | string[]> {
  if (!impersonate) return {}
  const { user, groups, uid } = impersonate
  return {
    'impersonate-user': user,
    ...(groups && { 'impersonate-group': [...groups] }),
    ...(uid && { 'impersonate-uid': uid }),
  }
}

function parse<Result>(text: string): Result {
  if (text === '') return undefined as Result
  try {
    return JSON.parse(text)
  } catch {
    return text as Result
  }
}

/** What the server said, or, from a proxy that speaks no Status, what its code means. */
function errorOf(code: number, text: string): StatusError {
  try {
    const status = JSON.parse(text) as Partial<Status>
    if (status.kind === 'Status') return new StatusError({ code, ...status } as Status)
  } catch {
    // Not JSON: said below.
  }
  const reason = reasons[code] ?? (code >= 500 ? 'InternalError' : '')
  return new StatusError(failure({ code, reason, message: text.trim() || `the server answered ${code}` }))
}

const reasons: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}
