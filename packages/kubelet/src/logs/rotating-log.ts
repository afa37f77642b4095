import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface LogLimits {
  /** Bytes of a file before it is rotated; none when negative. */
  maxSize: number
  /** Files of one container, the one that is written among them. */
  maxFiles: number
}

/** A container's log, in files of a limited size and number: the newest as it is, older ones compressed. */
export class RotatingLog {
  readonly #path: string
  readonly #limits: LogLimits
  #file: FileHandle
  #size: number

  private constructor(path: string, limits: LogLimits, { file, size }: { file: FileHandle; size: number }) {
    this.#path = path
    this.#limits = limits
    this.#file = file
    this.#size = size
  }

  static async open(path: string, limits: LogLimits): Promise<RotatingLog> {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    const file = await open(path, 'a', 0o640)
    return new RotatingLog(path, limits, { file, size: (await file.stat()).size })
  }

  /** The time of the last entry, wherever rotation has put it. */
  static async lastTime(path: string): Promise<string | undefined> {
    for (const file of [path, ...(await rotated(path)).filter((name) => !name.endsWith('.gz')).reverse()]) {
      const time = await lastTimeIn(file)
      if (time !== undefined) return time
    }
    return undefined
  }

  async write(lines: Buffer): Promise<void> {
    const { maxSize } = this.#limits
    if (maxSize >= 0 && this.#size > 0 && this.#size + lines.length > maxSize) await this.#rotate()
    await this.#file.write(lines)
    this.#size += lines.length
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #rotate(): Promise<void> {
    await this.#file.close()
    const older = await rotated(this.#path)
    // One of the files is the one that is written, and one the one that becomes old now.
    const kept = older.slice(Math.max(0, older.length - (this.#limits.maxFiles - 2)))
    for (const file of older) {
      if (!kept.includes(file)) await rm(file, { force: true })
      else if (!file.endsWith('.gz')) await compress(file)
    }
    await rename(this.#path, `${this.#path}.${await freeSuffix(this.#path)}`)
    this.#file = await open(this.#path, 'a', 0o640)
    this.#size = 0
  }
}

const uncompressed = (name: string): string => name.replace(/\.gz$/, '')

/** Files that the log was rotated to, the oldest first. */
async function rotated(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => [])
  return names
    .filter((name) => name.startsWith(`${basename(path)}.`) && !name.endsWith('.tmp'))
    .sort((a, b) => (uncompressed(a) < uncompressed(b) ? -1 : 1))
    .map((name) => join(dirname(path), name))
}

/** `20260102-150405`, as upstream names them, with a number behind it where there are more within the second. */
async function freeSuffix(path: string): Promise<string> {
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const last = uncompressed((await rotated(path)).at(-1) ?? '').slice(path.length + 1)
  if (last < now) return now
  const [, second = now, number = '0'] = /^(\d{8}-\d{6})(?:-(\d+))?$/.exec(last) ?? []
  return `${second}-${String(Number(number) + 1).padStart(4, '0')}`
}

async function compress(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.tmp`, { mode: 0o640 }))
  await rename(`${file}.tmp`, `${file}.gz`)
  await rm(file)
}

const tailSize = 64 * 1024

async function lastTimeIn(path: string): Promise<string | undefined> {
  const content = await readTail(path).catch(() => '')
  const line = content.trimEnd().split('\n').at(-1) ?? ''
  return /^(\d{4}-\S+) /.exec(line)?.[1]
}

async function readTail(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size <= tailSize) return await readFile(file, 'utf8')
    const { buffer } = await file.read(Buffer.alloc(tailSize), 0, tailSize, size - tailSize)
    return buffer.toString()
  } finally {
    await file.close()
  }
}
