import { watch } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface JsonLogOptions {
  /** The engine's file; those it was rotated to lie beside it, as `.1`, `.2`, …, the newest first. */
  path: string
  /** Only what was written after this moment. */
  after?: string | undefined
  /** Aborts when no more will be written: what there is is read to its end. */
  ended: AbortSignal
  /** Aborts when nobody wants to know any more. */
  signal: AbortSignal
}

const chunkSize = 64 * 1024
/** What is written within this time is read together. */
const settleTime = 100

/** Lines of the engine's `json-file` driver as lines of CRI's log format, as they are written. */
export async function* followJsonLog({ path, after, ended, signal }: JsonLogOptions): AsyncGenerator<Buffer> {
  const changes = new Changes(path, [ended, signal])
  const convert = new Conversion(after)
  const buffer = Buffer.alloc(chunkSize)
  let file = await openOldest(path)
  try {
    while (!signal.aborted) {
      const isLast = ended.aborted
      const { bytesRead } = await file.read(buffer, 0, chunkSize)
      if (bytesRead > 0) {
        const lines = convert.take(buffer.subarray(0, bytesRead))
        if (lines.length > 0) yield lines
        continue
      }
      const next = await successor(path, file)
      if (next) {
        // The engine may have written its last lines between our look and its rotation.
        const { bytesRead: more } = await file.read(buffer, 0, chunkSize)
        if (more > 0) yield convert.take(buffer.subarray(0, more))
        else {
          await file.close()
          file = next
          continue
        }
        await next.close()
      } else if (isLast) return
      else await changes.next()
    }
  } finally {
    changes.close()
    await file.close()
  }
}

/** Turns pieces of a file into whole lines. */
class Conversion {
  readonly #after: string
  #rest = ''

  constructor(after: string | undefined) {
    this.#after = after === undefined ? '' : comparable(after)
  }

  take(piece: Buffer): Buffer {
    // One byte a character: lines are JSON, and only a whole line is decoded.
    const text = this.#rest + piece.toString('latin1')
    const end = text.lastIndexOf('\n') + 1
    this.#rest = text.slice(end)
    const lines = text.slice(0, end).split('\n')
    return Buffer.from(lines.map((line) => this.#line(line)).join(''))
  }

  #line(line: string): string {
    if (line === '') return ''
    const entry = entryOf(Buffer.from(line, 'latin1').toString())
    return entry && comparable(entry.time) > this.#after ? criLine(entry) : ''
  }
}

interface JsonLogEntry {
  log: string
  stream: string
  time: string
}

function entryOf(line: string): JsonLogEntry | undefined {
  try {
    const { log = '', stream = 'stdout', time = '' } = JSON.parse(line) as Partial<JsonLogEntry>
    return { log, stream, time }
  } catch {
    // A line that a crash of the engine cut off.
    return undefined
  }
}

/** `<time> <stream> F <line>`; P where the line goes on in the next entry. */
export const criLine = ({ log, stream, time }: JsonLogEntry): string =>
  log.endsWith('\n') ? `${time} ${stream} F ${log}` : `${time} ${stream} P ${log}\n`

/** Times as the engine writes them, with as many digits as it takes, in an order that texts have too. */
const comparable = (time: string): string => {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.')
  return `${seconds}.${fraction.padEnd(9, '0')}`
}

async function files(path: string): Promise<string[]> {
  const name = basename(path)
  const names = (await readdir(dirname(path))).filter((entry) => /^(\.\d+)?$/.test(entry.replace(name, '')))
  const age = (entry: string): number => Number(entry.slice(name.length + 1) || 0)
  return names.sort((a, b) => age(a) - age(b)).map((entry) => join(dirname(path), entry))
}

/** The engine may be about to rotate: what is listed may have another name by then. */
async function openOldest(path: string): Promise<FileHandle> {
  const oldest = (await files(path)).at(-1) ?? path
  return open(oldest).catch(() => open(path))
}

/** The file that the engine went on with after this one. */
async function successor(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const { ino } = await file.stat()
  const inodeOf = async (name: string) => (await stat(name).catch(() => undefined))?.ino
  const newest = await inodeOf(path)
  // In the midst of a rotation there is no newest file; its appearance is a change to look at.
  if (newest === undefined || newest === ino) return undefined
  const candidates = await files(path)
  const inodes = await Promise.all(candidates.map(inodeOf))
  if (inodes.includes(undefined) || inodes[0] !== newest) return successor(path, file)
  const at = inodes.indexOf(ino)
  // Rotated away altogether: the oldest there is comes next.
  const next = at < 0 ? candidates.at(-1) : candidates[at - 1]
  const opened = next === undefined ? undefined : await open(next).catch(() => undefined)
  if (opened && (await opened.stat()).ino === inodes[at < 0 ? inodes.length - 1 : at - 1]) return opened
  await opened?.close()
  return successor(path, file)
}

/** Tells when the file may have changed. */
class Changes {
  readonly #watcher
  readonly #signals: readonly AbortSignal[]
  #changed = true
  #wake = (): void => {}

  constructor(path: string, signals: readonly AbortSignal[]) {
    this.#signals = signals
    this.#watcher = watch(dirname(path), { persistent: false }, () => this.#change())
    this.#watcher.on('error', () => {})
    for (const signal of signals) signal.addEventListener('abort', this.#change)
  }

  readonly #change = (): void => {
    this.#changed = true
    this.#wake()
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.#signals.some(({ aborted }) => aborted))
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (!this.#signals.some(({ aborted }) => aborted)) await new Promise((resolve) => setTimeout(resolve, settleTime))
    this.#changed = false
  }

  close(): void {
    this.#watcher.close()
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#change)
  }
}
