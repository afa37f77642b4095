import { maskedCrc32c } from './crc32c.ts'

/** What is read of a log or a manifest: blocks of 32 KiB, in them pieces of records, each with a checksum. */
export interface LogContent {
  records: Buffer[]
  /** Offset of the first byte that is not a whole record; undefined when there is none. A torn end is what a crash leaves. */
  tornAt: number | undefined
  /** A whole record begins behind the torn one: this is no torn end, but damage. */
  damaged: boolean
}

const blockSize = 32 * 1024
const headerSize = 7
// Between them, 3: a piece in the middle.
const full = 1
const first = 2
const last = 4

export function readLogFile(bytes: Buffer): LogContent {
  const content: LogContent = { records: [], tornAt: undefined, damaged: false }
  let pieces: Buffer[] = []
  let begun: number | undefined
  const torn = (at: number) => {
    content.tornAt ??= begun ?? at
    pieces = []
    begun = undefined
  }
  for (let at = 0; at < bytes.length; ) {
    const left = blockSize - (at % blockSize)
    if (left < headerSize) {
      at += left
      continue
    }
    const piece = readPiece(bytes, at, left)
    if (!piece) {
      torn(at)
      at += left
      continue
    }
    const { type, payload } = piece
    if (type === full || type === first) {
      if (begun !== undefined) torn(at)
      if (content.tornAt !== undefined) content.damaged = true
      pieces = [payload]
      begun = at
    } else if (begun === undefined) torn(at)
    else pieces.push(payload)
    if (begun !== undefined && (type === full || type === last)) {
      content.records.push(Buffer.concat(pieces))
      begun = undefined
    }
    at += headerSize + payload.length
  }
  if (begun !== undefined) torn(begun)
  return content
}

function readPiece(bytes: Buffer, at: number, left: number): { type: number; payload: Buffer } | undefined {
  if (at + headerSize > bytes.length) return undefined
  const length = bytes.readUInt16LE(at + 4)
  const type = bytes[at + 6] ?? 0
  const end = at + headerSize + length
  if (type < full || type > last || headerSize + length > left || end > bytes.length) return undefined
  const payload = bytes.subarray(at + headerSize, end)
  return maskedCrc32c(bytes.subarray(at + 6, at + 7), payload) === bytes.readUInt32LE(at)
    ? { type, payload }
    : undefined
}
