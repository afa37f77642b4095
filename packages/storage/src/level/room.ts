import { randomFillSync } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { open, rename, statfs } from 'node:fs/promises'
import { join } from 'node:path'

export interface RoomOptions {
  directory: string
  /** Free bytes below which writes are refused. */
  reserveBytes: number
}

const block = 1 << 20

/**
 * Keeps some of the disk free, so that LevelDB does not meet a full disk in the middle of a write. Others may fill it all the same: half
 * of the reserve is a file, which gives way when LevelDB has to be opened anew and needs room for that.
 */
export class Room {
  #directory: string
  #reserve: number
  #free = Number.POSITIVE_INFINITY
  #filling: Promise<void> | undefined

  constructor({ directory, reserveBytes }: RoomOptions) {
    this.#directory = directory
    this.#reserve = reserveBytes
  }

  async look(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#directory)
    this.#free = bavail * bsize
  }

  /** What was written since the last look; twice, as the log and the table both take it. */
  wrote(bytes: number): void {
    this.#free -= 2 * bytes
  }

  /** A write failed for want of room: until the next look there is none. */
  exhausted(): void {
    this.#free = 0
  }

  has(bytes: number): boolean {
    return this.#free - 2 * bytes >= this.#reserve
  }

  /** Deletions may go deep into the reserve: they are small, and the way out. */
  hasForDeletion(): boolean {
    return this.#free >= this.#reserve / 8
  }

  /** Time to take back at once what LevelDB would take back by and by. */
  isShort(): boolean {
    return this.#free < 2 * this.#reserve
  }

  /** Makes the file where it is missing and there is room for it. */
  async fill(): Promise<void> {
    if (this.#free < 1.5 * this.#reserve || existsSync(this.#file)) return
    this.#filling ??= this.#write().finally(() => {
      this.#filling = undefined
    })
    await this.#filling
  }

  /** Gives the file's room to whoever needs it now. */
  async release(): Promise<void> {
    await this.#filling?.catch(() => undefined)
    rmSync(this.#file, { force: true })
  }

  /** It appears whole. What it holds cannot be compressed away. */
  async #write(): Promise<void> {
    const draft = `${this.#file}.new`
    const file = await open(draft, 'w', 0o600)
    try {
      const bytes = randomFillSync(Buffer.allocUnsafe(block))
      for (let left = this.#reserve / 2; left > 0; left -= block) await file.write(bytes, 0, Math.min(left, block))
      await file.sync()
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    } finally {
      await file.close()
    }
    await rename(draft, this.#file)
  }

  get #file(): string {
    return join(this.#directory, 'reserve')
  }
}
