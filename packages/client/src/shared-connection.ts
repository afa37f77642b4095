import { type Dispatcher, Pool } from 'undici'

/** More than the watches of one process; a server that allows fewer gets another connection for the rest. Windows are in bytes. */
const h2Options = {
  maxConcurrentStreams: 1000,
  settings: { initialWindowSize: 256 << 10 },
  // A watch that is read slowly holds up others only when dozens do.
  connectionWindowSize: 8 << 20,
}

/**
 * Long requests to one server, all on one connection where it speaks HTTP/2: a hundred watches on connections of their own would cost
 * either side as many handshakes, and several times the memory.
 */
export class SharedConnection {
  readonly #pool: Pool
  /** While a connection is being opened. */
  #opening: PromiseWithResolvers<void> | undefined

  constructor(server: string, options: Pool.Options) {
    this.#pool = new Pool(server, { ...options, allowH2: true, h2Options })
    this.#pool.on('connect', () => this.#opened())
  }

  /** The first one opens the connection; others that come meanwhile wait, or each would open one. */
  async request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    while (this.#opening) await this.#opening.promise
    if (this.#pool.stats.connected > 0) return this.#pool.request(options)
    const opening = Promise.withResolvers<void>()
    this.#opening = opening
    try {
      return await this.#pool.request(options)
    } finally {
      if (this.#opening === opening) this.#opened()
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  #opened(): void {
    this.#opening?.resolve()
    this.#opening = undefined
  }
}
