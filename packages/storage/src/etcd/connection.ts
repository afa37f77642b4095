import { ClosedError } from '../errors.ts'
import { Endpoint, type TlsMaterial } from './endpoint.ts'
import { isUnavailable, translate, wasNeverSent } from './failures.ts'
import type { Method } from './messages.ts'

export interface ConnectionOptions {
  /** `http://127.0.0.1:2379`, one for each member. */
  servers: readonly string[]
  tls?: TlsMaterial | undefined
  /** How long etcd may take for an answer. It gives up by itself after some seconds without a leader. */
  requestMilliseconds?: number | undefined
}

export interface CallOptions {
  /** Doing it twice is as good as doing it once: it may be tried elsewhere though nobody knows what became of the first try. */
  repeatable: boolean
}

/** The members of etcd, one of which is talked to until it fails; then the next. */
export class Connection {
  readonly #endpoints: Endpoint[]
  readonly #milliseconds: number
  #current = 0
  #closed = false

  constructor({ servers, tls = {}, requestMilliseconds = 10_000 }: ConnectionOptions) {
    if (servers.length === 0) throw new Error('--etcd-servers must be specified')
    this.#endpoints = servers.map((server) => new Endpoint(server, tls))
    this.#milliseconds = requestMilliseconds
  }

  /** Errors are those of gRPC: who knows what was asked translates them. */
  async call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    { repeatable }: CallOptions,
  ): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const endpoint = this.#endpoint()
      try {
        return await endpoint.call(method, request, { milliseconds: this.#milliseconds })
      } catch (error) {
        if (this.#closed) throw closed()
        if (!isUnavailable(error)) throw error
        this.leave(endpoint)
        if (tries > this.#endpoints.length || !(repeatable || wasNeverSent(error))) throw error
      }
    }
  }

  /** As `call`, with errors of the contract. */
  async ask<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    try {
      return await this.call(method, request, options)
    } catch (error) {
      throw translate(error)
    }
  }

  async *stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): AsyncGenerator<Response> {
    const endpoint = this.#endpoint()
    try {
      yield* endpoint.stream(method, request, signal)
    } catch (error) {
      if (!signal.aborted) this.leave(endpoint)
      throw error
    }
  }

  /** Goes on with the next, unless somebody else has gone on already. */
  leave(endpoint: Endpoint): void {
    if (this.#endpoints[this.#current] === endpoint) this.#current = (this.#current + 1) % this.#endpoints.length
  }

  close(): void {
    this.#closed = true
    for (const endpoint of this.#endpoints) endpoint.close()
  }

  #endpoint(): Endpoint {
    const endpoint = this.#endpoints[this.#current]
    if (this.#closed || !endpoint) throw closed()
    return endpoint
  }
}

const closed = () => new ClosedError('the store is closed')
