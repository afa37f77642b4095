import { statfs } from 'node:fs/promises'

/**
 * Keeps some of the disk free. LevelDB that meets a full disk in the middle of a write can only be opened anew; refused in time, it goes
 * on reading, and writing once there is room.
 */
export class Room {
  #directory: string
  #reserve: number
  #free = Number.POSITIVE_INFINITY

  constructor(directory: string, reserveBytes: number) {
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
}
