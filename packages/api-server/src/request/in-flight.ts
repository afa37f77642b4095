import { timeout, tooManyRequests } from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { mastersGroup } from '../authentication/user.ts'
import type { Hook } from './context.ts'
import { sendError } from './respond.ts'

export interface InFlightOptions {
  maxReadOnly: number
  maxMutating: number
  /** Milliseconds after which a request that is not long-running is answered with a timeout. */
  requestTimeout: number
  clock: Clock
}

interface Flight {
  request: FastifyRequest
  reply: FastifyReply
}

const readOnlyVerbs = new Set(['get', 'list', 'watch', 'head', 'options'])
const sweepEvery = 1000

/** Bounds how many requests are under way at once, and for how long one may be. Long-running requests are neither counted nor timed. */
export class InFlightLimit {
  readonly #options: InFlightOptions
  readonly #flights = new Set<Flight>()
  #readOnly = 0
  #mutating = 0
  #sweeping = false

  constructor(options: InFlightOptions) {
    this.#options = options
  }

  get counts(): { readOnly: number; mutating: number } {
    return { readOnly: this.#readOnly, mutating: this.#mutating }
  }

  /** Resolves when nothing is under way any more, or after `limit` milliseconds. */
  async finished(limit: number): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.monotonic() + limit
    while (this.#flights.size > 0 && clock.monotonic() < deadline) await clock.sleep(5)
  }

  readonly hook: Hook = (request, reply, done) => {
    const { info, longRunning, user } = request.kube
    if (longRunning) return done()
    const mutating = !readOnlyVerbs.has(info.verb)
    const full = mutating ? this.#mutating >= this.#options.maxMutating : this.#readOnly >= this.#options.maxReadOnly
    if (full && !user.groups.includes(mastersGroup)) return done(tooManyRequests())
    this.#count(mutating, 1)
    const flight = { request, reply }
    this.#flights.add(flight)
    this.#sweep()
    reply.raw.once('close', () => {
      this.#count(mutating, -1)
      this.#flights.delete(flight)
    })
    done()
  }

  #count(mutating: boolean, by: 1 | -1): void {
    if (mutating) this.#mutating += by
    else this.#readOnly += by
  }

  /** One timer for all: it runs only while something is under way. */
  #sweep(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#options.clock.after(sweepEvery, () => {
      this.#sweeping = false
      const deadline = this.#options.clock.now() - this.#options.requestTimeout
      for (const flight of this.#flights) if (flight.request.kube.receivedAt < deadline) expire(flight)
      if (this.#flights.size > 0) this.#sweep()
    })
  }
}

function expire({ request, reply }: Flight): void {
  if (reply.sent || reply.raw.headersSent) return
  sendError(request, reply, timeout('request did not complete within the allotted timeout'))
}
