import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cancel, Clock, Logger } from '@tandem/component-base'
import type { DraDriver } from './dra-driver.ts'

export interface DraDriversOptions {
  /** `plugins_registry`: where drivers put their sockets to be found. */
  directory: string
  clock: Clock
  logger: Logger
}

const retryAfter = 5_000

/** The drivers of dynamic resources on this node: they come with a socket, and go with it. */
export class DraDrivers {
  readonly #options: DraDriversOptions
  /** By socket; a socket that was made anew is another one. Without a driver: none of ours. */
  readonly #sockets = new Map<string, { identity: string; driver: DraDriver | undefined }>()
  #watcher: FSWatcher | undefined
  #looking: Promise<void> = Promise.resolve()
  #cancelRetry: Cancel = () => {}

  constructor(options: DraDriversOptions) {
    this.#options = options
  }

  /** Throws where there is none of that name, in upstream's words. */
  get(name: string): DraDriver {
    const { driver } = [...this.#sockets.values()].findLast((each) => each.driver?.name === name) ?? {}
    if (!driver) throw new Error(`DRA driver ${name} is not registered`)
    return driver
  }

  async start(): Promise<void> {
    const { directory } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o750 })
    this.#watcher = watch(directory, { persistent: false }, () => this.#look())
    this.#look()
  }

  stop(): void {
    this.#watcher?.close()
    this.#cancelRetry()
    for (const { driver } of this.#sockets.values()) driver?.close()
    this.#sockets.clear()
  }

  #look(): void {
    this.#looking = this.#looking.then(() => this.#compare())
  }

  async #compare(): Promise<void> {
    const { directory, clock, logger } = this.#options
    const present = await socketsIn(directory)
    for (const [socket, { identity, driver }] of this.#sockets) {
      if (present.get(socket) === identity) continue
      this.#sockets.delete(socket)
      driver?.close()
    }
    for (const [socket, identity] of present) {
      if (this.#sockets.has(socket)) continue
      try {
        // Most nodes have no drivers, and need no gRPC.
        const { connectDriver } = await import('./dra-driver.ts')
        const driver = await connectDriver(socket)
        this.#sockets.set(socket, { identity, driver })
        if (driver) logger.info({ driver: driver.name, socket }, 'DRA driver registered')
      } catch (error) {
        logger.warn({ error, socket }, 'plugin could not be registered')
        this.#cancelRetry()
        this.#cancelRetry = clock.after(retryAfter, () => this.#look())
      }
    }
  }
}

/** Sockets with what tells one from another at the same place. */
async function socketsIn(directory: string): Promise<Map<string, string>> {
  const sockets = new Map<string, string>()
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isSocket()) sockets.set(path, `${found.ino} ${found.birthtimeMs}`)
  }
  return sockets
}
