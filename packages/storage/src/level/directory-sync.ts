import { closeSync, fstatSync, fsync, openSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'

const sync = promisify(fsync)

/** A file that is made within one tick of the clock of the file system leaves the directory's time as it was. */
const tick = 20_000_000n

/**
 * Makes the names of logs durable. LevelDB syncs what it writes into a new log, and the directory only with the next manifest: until
 * then POSIX lets a power cut take the log's name, and with it writes that were acknowledged.
 */
export class DirectorySync {
  readonly #directory: string
  readonly #descriptor: number
  /** The directory's time when all logs in it were known. */
  #seen = 0n
  #durable = new Set<string>()

  constructor(directory: string) {
    this.#directory = directory
    this.#descriptor = openSync(directory, 'r')
  }

  /** Resolves when every log that is there now has its name on the disk. Mostly there is nothing to do: returns undefined then. */
  settle(): Promise<void> | undefined {
    const { mtimeNs } = fstatSync(this.#descriptor, { bigint: true })
    if (mtimeNs === this.#seen) return undefined
    const logs = readdirSync(this.#directory).filter((name) => name.endsWith('.log'))
    if (logs.some((name) => !this.#durable.has(name))) return this.#sync(logs)
    if (BigInt(Date.now()) * 1_000_000n - mtimeNs > tick) this.#seen = mtimeNs
    return undefined
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  async #sync(logs: readonly string[]): Promise<void> {
    await sync(this.#descriptor)
    this.#durable = new Set(logs)
  }
}
