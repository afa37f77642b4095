import { ClosedError } from '../errors.ts'
import { closeDatabase, type Database, openDatabase } from './database.ts'
import type { IntegrityCheck } from './integrity.ts'

/** The open database, which is opened anew in place after a write failed. Who reads it does so in short pieces, which are waited for. */
export class Handle {
  readonly directory: string
  #database: Database
  #readers = 0
  #drained: (() => void) | undefined
  #reopening: Promise<void> | undefined
  #closed = false

  static async open(directory: string, check?: IntegrityCheck): Promise<Handle> {
    return new Handle(directory, await openDatabase(directory, check))
  }

  private constructor(directory: string, database: Database) {
    this.directory = directory
    this.#database = database
  }

  /** For the one writer, who is also the one that has it opened anew: others `read`. */
  get database(): Database {
    return this.#database
  }

  async read<T>(work: (database: Database) => T | Promise<T>): Promise<T> {
    const database = await this.hold()
    try {
      return await work(database)
    } finally {
      this.release()
    }
  }

  /** For reads of several steps: the same database until its `release`, which has to follow. */
  async hold(): Promise<Database> {
    while (this.#reopening) await this.#reopening
    if (this.#closed) throw new ClosedError('the store is closed')
    this.#readers++
    return this.#database
  }

  release(): void {
    this.#readers--
    if (this.#readers === 0) this.#drained?.()
  }

  /** Readers wait meanwhile. Tries until it works; `pause` is awaited between tries, and ends them by throwing. */
  async reopen(pause: (error: unknown) => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reopening = promise
    try {
      await this.#drain()
      await this.#database.close()
      this.#database = await openedAtLast(this.directory, pause)
    } catch (error) {
      this.#closed = true
      throw error
    } finally {
      this.#reopening = undefined
      resolve()
    }
  }

  async close(): Promise<void> {
    await this.#drain()
    this.#closed = true
    await closeDatabase(this.#database)
  }

  async #drain(): Promise<void> {
    if (this.#readers > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    this.#drained = undefined
  }
}

async function openedAtLast(directory: string, pause: (error: unknown) => Promise<void>): Promise<Database> {
  for (;;) {
    try {
      return await openDatabase(directory)
    } catch (error) {
      await pause(error)
    }
  }
}
