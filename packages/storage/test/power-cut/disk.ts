import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Moment, SystemCall } from './trace.ts'

interface File {
  content: Buffer[]
  length: number
  /** So many bytes are on the disk whatever happens. */
  durable: number
}

type Names = Map<string, File>

/**
 * How much of what was not synced a power cut leaves: nothing; the names of all files and a part of their bytes, the last of them
 * garbage; or a part of the names, in the order in which they were changed.
 */
export type Loss = 'all that was not synced' | 'torn bytes' | 'torn names'

/** What a directory's files are on the disk, as POSIX promises it and no more: bytes after an fsync, names after one of the directory. */
export class Disk {
  readonly #directory: string
  readonly #random: () => number
  #names: Names = new Map()
  #durableNames: Names = new Map()
  /** The directory after each change that is not durable. */
  #changes: Names[] = []
  #syncing = new Map<string, { file: File; length: number; names: Names }[]>()

  constructor(directory: string, random: () => number) {
    this.#directory = directory
    this.#random = random
  }

  /** Returns whether it changed what is on the disk, or will be. */
  take({ at, call }: Moment): boolean {
    const { name, target } = call
    if (name === 'fsync' || name === 'fdatasync')
      return at === 'begin' ? this.#beginSync(target) : this.#endSync(target)
    if (at === 'begin' || call.result < 0) return false
    if (name === 'openat') return this.#open(call)
    if (name === 'write') return this.#write(call)
    if (name.startsWith('rename')) return this.#rename(call)
    if (name.startsWith('unlink')) return this.#unlink(call)
    const elsewhere = this.#nameOf(target) === undefined
    if (!elsewhere) throw new Error(`${name} of ${target} is not understood`)
    return false
  }

  /** Makes a directory of what a power cut now would leave. */
  async cut(directory: string, loss: Loss): Promise<void> {
    await mkdir(directory, { recursive: true })
    const states = [this.#durableNames, ...this.#changes]
    const names =
      loss === 'torn bytes'
        ? this.#names
        : loss === 'torn names'
          ? (states[Math.floor(this.#random() * states.length)] ?? this.#names)
          : this.#durableNames
    for (const [name, file] of names) await writeFile(join(directory, name), this.#left(file, loss))
  }

  #left({ content, length, durable }: File, loss: Loss): Buffer {
    const all = Buffer.concat(content, length)
    if (loss === 'all that was not synced') return all.subarray(0, durable)
    const kept = durable + Math.floor(this.#random() * (length - durable + 1))
    const left = Buffer.from(all.subarray(0, kept))
    const garbage = Math.floor(this.#random() * Math.min(4096, kept - durable))
    return left.fill(0, kept - garbage)
  }

  #nameOf(path: string): string | undefined {
    const name = relative(this.#directory, path)
    return name === '' || name.startsWith('..') || name.includes('/') ? undefined : name
  }

  #beginSync(target: string): boolean {
    const file = this.#file(target)
    const begun = { file: file ?? none, length: file?.length ?? 0, names: new Map(this.#names) }
    this.#syncing.set(target, [...(this.#syncing.get(target) ?? []), begun])
    return false
  }

  #endSync(target: string): boolean {
    const begun = this.#syncing.get(target)?.shift()
    if (!begun) return false
    if (resolve(target) === this.#directory) {
      this.#durableNames = begun.names
      this.#changes = []
    } else begun.file.durable = Math.max(begun.file.durable, begun.length)
    return true
  }

  #file(target: string): File | undefined {
    const name = this.#nameOf(target)
    return name === undefined ? undefined : this.#names.get(name)
  }

  #open({ texts, shown }: SystemCall): boolean {
    const name = this.#nameOf(texts[0]?.toString() ?? '')
    if (name === undefined || !shown.includes('O_CREAT')) return false
    if (this.#names.has(name) && !shown.includes('O_TRUNC')) return false
    return this.#change((names) => names.set(name, { content: [], length: 0, durable: 0 }))
  }

  #write({ target, texts, result }: SystemCall): boolean {
    const file = this.#file(target)
    const bytes = texts[0]?.subarray(0, result)
    if (!file || !bytes) return false
    file.content.push(bytes)
    file.length += bytes.length
    return true
  }

  #rename({ texts }: SystemCall): boolean {
    const [from, to] = texts.map((text) => this.#nameOf(text.toString()))
    const file = from === undefined ? undefined : this.#names.get(from)
    if (from === undefined || to === undefined || !file) return false
    return this.#change((names) => {
      names.delete(from)
      names.set(to, file)
    })
  }

  #unlink({ texts }: SystemCall): boolean {
    const name = this.#nameOf(texts[0]?.toString() ?? '')
    return name !== undefined && this.#names.has(name) && this.#change((names) => names.delete(name))
  }

  #change(change: (names: Names) => unknown): boolean {
    this.#names = new Map(this.#names)
    change(this.#names)
    this.#changes.push(this.#names)
    return true
  }
}

const none: File = { content: [], length: 0, durable: 0 }
