import { closeSync, fstatSync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const sync = promisify(fsync)

/** A file that is made within one tick of the clock of the file system leaves the directory's time as it was. */
const tick = 50_000_000n

/**
 * Makes the names of files durable. LevelDB syncs what it writes into a new log, and the directory only with the next manifest: until
 * then POSIX lets a power cut take the log's name, and with it writes that were acknowledged.
 */
export class DirectorySync {
  #descriptor: number
  #settled = 0n

  constructor(directory: string) {
    this.#descriptor = openSync(directory, 'r')
  }

  /** Resolves when every file that is there now has its name on the disk. Mostly there is nothing to do: returns undefined then. */
  settle(): Promise<void> | undefined {
    const { mtimeNs } = fstatSync(this.#descriptor, { bigint: true })
    return mtimeNs === this.#settled ? undefined : this.#sync(mtimeNs)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  async #sync(seen: bigint): Promise<void> {
    const now = BigInt(Date.now()) * 1_000_000n
    await sync(this.#descriptor)
    if (now - seen > tick) this.#settled = seen
  }
}
