import { badRequest, timeout } from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import { parseDuration } from '@tandem/component-base/duration'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Hook, whenEnded } from './context.ts'
import { disconnect } from './disconnect.ts'
import { sendError } from './respond.ts'

export interface RequestDeadlinesOptions {
  /** Milliseconds after which a request that is not long-running is answered with a timeout. */
  requestTimeout: number
  clock: Clock
}

interface Flight {
  request: FastifyRequest
  reply: FastifyReply
}

const sweepEvery = 1000

/** Bounds how long a request may take: by `--request-timeout`, or by less where the client says so in `timeout`. */
export class RequestDeadlines {
  readonly #options: RequestDeadlinesOptions
  readonly #flights = new Set<Flight>()
  #sweeping = false

  constructor(options: RequestDeadlinesOptions) {
    this.#options = options
  }

  /** Resolves when nothing is under way any more, or after `limit` milliseconds. */
  async finished(limit: number): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.monotonic() + limit
    while (this.#flights.size > 0 && clock.monotonic() < deadline) await clock.sleep(5)
  }

  readonly hook: Hook = (request, reply, done) => {
    const { kube } = request
    if (kube.longRunning) return done()
    try {
      kube.deadline = kube.receivedAt + this.#timeoutOf(kube.parameter('timeout'))
    } catch (error) {
      return done(badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`))
    }
    const flight = { request, reply }
    this.#flights.add(flight)
    this.#sweep()
    whenEnded(request, reply, () => this.#flights.delete(flight))
    done()
  }

  #timeoutOf(asked: string | undefined): number {
    const { requestTimeout } = this.#options
    if (asked === undefined) return requestTimeout
    const wanted = parseDuration(asked)
    return wanted > 0 && wanted < requestTimeout ? wanted : requestTimeout
  }

  /** One timer for all: it runs only while something is under way. */
  #sweep(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#options.clock.after(sweepEvery, () => {
      this.#sweeping = false
      const now = this.#options.clock.now()
      for (const flight of this.#flights) if (flight.request.kube.deadline <= now) expire(flight)
      if (this.#flights.size > 0) this.#sweep()
    })
  }
}

/** An answer that began can no longer be another one: its client is cut off, so that what it does not read is not kept for it. */
function expire({ request, reply }: Flight): void {
  if (reply.sent || reply.raw.headersSent) disconnect(reply)
  else sendError(request, reply, timeout('request did not complete within the allotted timeout'))
}
