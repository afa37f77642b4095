import type { Clock, Logger } from '@tandem/component-base'
import { PluginSockets } from '../csi/plugin-sockets.ts'
import type { DraDriver } from './dra-driver.ts'

export interface DraDriversOptions {
  /** `plugins_registry`: where drivers put their sockets to be found. */
  directory: string
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

/** The drivers of dynamic resources on this node: they come with a socket, and go with it. */
export class DraDrivers {
  readonly #options: DraDriversOptions
  readonly #bySocket = new Map<string, DraDriver>()

  constructor(options: DraDriversOptions) {
    this.#options = options
  }

  /** Throws where there is none of that name, in upstream's words. */
  get(name: string): DraDriver {
    const driver = [...this.#bySocket.values()].findLast((each) => each.name === name)
    if (!driver) throw new Error(`DRA driver ${name} is not registered`)
    return driver
  }

  start(): Promise<void> {
    const { signal } = this.#options
    signal.addEventListener('abort', () => this.#close(), { once: true })
    return new PluginSockets({
      ...this.#options,
      added: (socket) => this.#add(socket),
      removed: async (socket) => this.#remove(socket),
    }).start()
  }

  async #add(socket: string): Promise<void> {
    // Most nodes have no drivers, and need no gRPC.
    const { connectDriver } = await import('./dra-driver.ts')
    const driver = await connectDriver(socket)
    if (!driver) return
    this.#remove(socket)
    this.#bySocket.set(socket, driver)
    this.#options.logger.info({ driver: driver.name, socket }, 'DRA driver registered')
  }

  #remove(socket: string): void {
    this.#bySocket.get(socket)?.close()
    this.#bySocket.delete(socket)
  }

  #close(): void {
    for (const driver of this.#bySocket.values()) driver.close()
    this.#bySocket.clear()
  }
}
