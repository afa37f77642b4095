import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Logger } from '@tandem/component-base'

export interface PluginSocketsOptions {
  directory: string
  clock: Clock
  logger: Logger
  signal: AbortSignal
  added(socket: string): Promise<void>
  removed(socket: string): Promise<void>
}

const retry = { initialMs: 500, maxMs: 120_000 }

/** The sockets that plugins put into a directory to be found. One whose registration fails is tried again while it is there. */
export class PluginSockets {
  readonly #options: PluginSocketsOptions
  /** A socket that was made anew at the same place is another one. */
  readonly #known = new Map<string, { identity: string; gone: AbortController }>()
  #watcher: FSWatcher | undefined
  #looking: Promise<void> | undefined
  #again = false

  constructor(options: PluginSocketsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { directory, signal } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o750 })
    this.#watcher = watch(directory, { persistent: false }, () => this.#look())
    signal.addEventListener('abort', () => this.#watcher?.close(), { once: true })
    this.#look()
  }

  #look(): void {
    this.#again = true
    this.#looking ??= this.#compare().finally(() => {
      this.#looking = undefined
      if (this.#again) this.#look()
    })
  }

  async #compare(): Promise<void> {
    const { directory, signal, removed, logger } = this.#options
    while (this.#again && !signal.aborted) {
      this.#again = false
      const found = await socketsIn(directory)
      for (const [socket, { identity, gone }] of this.#known) {
        if (found.get(socket) === identity) continue
        this.#known.delete(socket)
        gone.abort()
        await removed(socket).catch((error: unknown) =>
          logger.warn({ error, socket }, 'plugin could not be taken away'),
        )
      }
      for (const [socket, identity] of found) {
        if (this.#known.has(socket)) continue
        const gone = new AbortController()
        this.#known.set(socket, { identity, gone })
        void this.#add(socket, AbortSignal.any([gone.signal, signal]))
      }
    }
  }

  async #add(socket: string, signal: AbortSignal): Promise<void> {
    const { added, clock, logger } = this.#options
    for (let wait = retry.initialMs; !signal.aborted; wait = Math.min(2 * wait, retry.maxMs)) {
      try {
        await added(socket)
        return
      } catch (error) {
        logger.warn({ error, socket }, 'plugin could not be registered')
      }
      await clock.sleep(wait, signal).catch(() => {})
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
