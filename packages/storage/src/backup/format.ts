import { createHash } from 'node:crypto'
import { type Backup, type BackupEntry, BackupError, type BackupHeader } from './backup.ts'

/*
 * A backup is a line that says what it is, a line of JSON with the header, the entries, and an end.
 *
 *     entry   1, length of key (4), length of value (4), createRevision (6), modRevision (6), expiry (6), key, value
 *     end     0, number of entries (6), SHA-256 of all before it (32)
 */
const magic = 'tandem backup '
export const backupVersion = 1

const entryHead = 1 + 4 + 4 + 6 + 6 + 6
const endHead = 1 + 6
const digestSize = 32
const piece = 256 * 1024
/** No line at the beginning is longer. */
const maxLine = 64 * 1024

/** The bytes of a backup, in pieces of some size. */
export async function* encodeBackup({ header, entries }: Backup): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  let pending: Uint8Array[] = [Buffer.from(`${magic}${backupVersion}\n${JSON.stringify(header)}\n`)]
  let size = 0
  let count = 0
  for await (const entry of entries) {
    const encoded = encodeEntry(entry)
    pending.push(...encoded)
    size += entry.value.byteLength
    count++
    if (size < piece) continue
    const bytes = Buffer.concat(pending)
    digest.update(bytes)
    yield bytes
    pending = []
    size = 0
  }
  const end = Buffer.alloc(endHead)
  end.writeUIntBE(count, 1, 6)
  const rest = Buffer.concat([...pending, end])
  yield Buffer.concat([rest, digest.update(rest).digest()])
}

function encodeEntry({ key, value, createRevision, modRevision, expiry }: BackupEntry): Uint8Array[] {
  const name = Buffer.from(key)
  const head = Buffer.alloc(entryHead)
  head[0] = 1
  head.writeUInt32BE(name.length, 1)
  head.writeUInt32BE(value.byteLength, 5)
  head.writeUIntBE(createRevision, 9, 6)
  head.writeUIntBE(modRevision, 15, 6)
  head.writeUIntBE(expiry, 21, 6)
  return [head, name, value]
}

/**
 * Reads a backup. Entries are not to be trusted before the last one was read: only then is the checksum compared. Throws a BackupError,
 * which calls the backup by `name`.
 */
export async function decodeBackup(source: AsyncIterable<Uint8Array>, name: string): Promise<Backup> {
  const bytes = new Bytes(source)
  const first = await bytes.line()
  if (!first?.startsWith(magic)) throw new BackupError(`${name} is no backup of Tandem's`)
  const version = first.slice(magic.length)
  if (version !== String(backupVersion))
    throw new BackupError(`${name} is of format ${version}, and this version of Tandem reads format ${backupVersion}`)
  const header = headerOf(await bytes.line())
  if (!header) throw new BackupError(`${name} is damaged: it has no header`)
  return { header, entries: decodeEntries(bytes, name) }
}

function headerOf(line: string | undefined): BackupHeader | undefined {
  try {
    const header = JSON.parse(line ?? '') as BackupHeader
    return Number.isSafeInteger(header.revision) && typeof header.attributes === 'object' ? header : undefined
  } catch {
    return undefined
  }
}

async function* decodeEntries(bytes: Bytes, name: string): AsyncGenerator<BackupEntry> {
  const cutOff = (count: number): BackupError => new BackupError(`${name} is cut off after ${count} entries`)
  const damaged = () => new BackupError(`${name} is damaged: its checksum does not match`)
  for (let count = 0; ; count++) {
    const kind = await bytes.take(1)
    if (!kind) throw cutOff(count)
    if (kind[0] === 0) {
      const end = await bytes.take(endHead - 1)
      const digest = bytes.digest()
      const expected = await bytes.take(digestSize)
      if (!end || !expected) throw cutOff(count)
      if (end.readUIntBE(0, 6) !== count || !expected.equals(digest) || (await bytes.take(1))) throw damaged()
      return
    }
    const head = kind[0] === 1 ? await bytes.take(entryHead - 1) : undefined
    if (kind[0] !== 1) throw damaged()
    const key = head && (await bytes.take(head.readUInt32BE(0)))
    const value = head && (await bytes.take(head.readUInt32BE(4)))
    if (!head || !key || !value) throw cutOff(count)
    yield {
      key: key.toString(),
      value,
      createRevision: head.readUIntBE(8, 6),
      modRevision: head.readUIntBE(14, 6),
      expiry: head.readUIntBE(20, 6),
    }
  }
}

/** Bytes as they come, read in the sizes that are wanted. */
class Bytes {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #digest = createHash('sha256')
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Undefined when fewer are left. */
  async take(length: number): Promise<Buffer | undefined> {
    const parts = [this.#held]
    let size = this.#held.length
    while (size < length) {
      const { value, done } = await this.#source.next()
      if (done) return undefined
      parts.push(Buffer.from(value))
      size += value.byteLength
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts, size)
    const taken = all.subarray(0, length)
    this.#held = all.subarray(length)
    this.#digest.update(taken)
    return taken
  }

  async line(): Promise<string | undefined> {
    const parts: Buffer[] = []
    for (let length = 0; length < maxLine; length++) {
      const byte = await this.take(1)
      if (!byte) return undefined
      if (byte[0] === 10) return Buffer.concat(parts).toString()
      parts.push(byte)
    }
    return undefined
  }

  /** Of all that was taken. */
  digest(): Buffer {
    return this.#digest.copy().digest()
  }
}
