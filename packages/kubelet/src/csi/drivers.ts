import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import type { NodeDriver } from './node-driver.ts'
import { NodeRegistration } from './node-registration.ts'
import { PluginSockets } from './plugin-sockets.ts'

export interface CsiDriversOptions {
  client: Client
  nodeName: string
  /** `plugins_registry`: where drivers put their sockets. */
  directory: string
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

/** The CSI drivers of this node, which register themselves. */
export class CsiDrivers {
  readonly #options: CsiDriversOptions
  readonly #registration: NodeRegistration
  readonly #drivers = new Map<string, { driver: NodeDriver; socket: string }>()

  constructor(options: CsiDriversOptions) {
    this.#options = options
    this.#registration = new NodeRegistration(options)
  }

  /** Throws where there is none of that name, in upstream's words. */
  get(name: string): NodeDriver {
    const found = this.#drivers.get(name)
    if (!found) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`)
    return found.driver
  }

  start(): Promise<void> {
    const { directory, clock, logger, signal } = this.#options
    signal.addEventListener('abort', () => this.#close(), { once: true })
    return new PluginSockets({
      directory,
      clock,
      logger,
      signal,
      added: (socket) => this.#add(socket),
      removed: (socket) => this.#remove(socket),
    }).start()
  }

  async #add(socket: string): Promise<void> {
    // Most nodes have no drivers, and need no gRPC.
    const { registerPlugin } = await import('./register-plugin.ts')
    const connected = await registerPlugin(socket, (name, found) => this.#registration.add(name, found))
    if (!connected) return
    const { driver, info } = connected
    this.#drivers.get(driver.name)?.driver.close()
    this.#drivers.set(driver.name, { driver, socket })
    this.#options.logger.info({ driver: driver.name, node: info.nodeId }, 'CSI driver registered')
  }

  async #remove(socket: string): Promise<void> {
    for (const [name, found] of this.#drivers) {
      if (found.socket !== socket) continue
      this.#drivers.delete(name)
      found.driver.close()
      await this.#registration.remove(name)
    }
  }

  #close(): void {
    for (const { driver } of this.#drivers.values()) driver.close()
    this.#drivers.clear()
  }
}
