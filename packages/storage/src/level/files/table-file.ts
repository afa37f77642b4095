import { maskedCrc32c } from './crc32c.ts'
import { uncompress } from './snappy.ts'
import { Reader } from './varint.ts'

const footerSize = 48
const trailerSize = 5
const magic = 0xdb4775248b80fb57n

/** The end of a table says that it is one and was finished. */
export const isTableEnd = (footer: Buffer): boolean =>
  footer.length >= 8 && footer.readBigUInt64LE(footer.length - 8) === magic

/** Checks every block against its checksum, which LevelDB itself does not when it reads. Returns what is wrong, if anything is. */
export function findTableDamage(bytes: Buffer): string | undefined {
  if (bytes.length < footerSize || !isTableEnd(bytes)) return 'its end is no end of a table'
  try {
    const footer = new Reader(bytes.subarray(-footerSize))
    const metaIndex = handle(footer)
    const index = handle(footer)
    for (const at of [...blocks(block(bytes, metaIndex)), ...blocks(block(bytes, index))]) checked(bytes, at)
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

interface BlockHandle {
  offset: number
  size: number
}

const handle = (reader: Reader): BlockHandle => ({ offset: reader.varint(), size: reader.varint() })

function checked(bytes: Buffer, { offset, size }: BlockHandle): Buffer {
  const end = offset + size + trailerSize
  if (end > bytes.length) throw new RangeError(`the block at ${offset} is cut off`)
  if (maskedCrc32c(bytes.subarray(offset, offset + size + 1)) !== bytes.readUInt32LE(offset + size + 1))
    throw new RangeError(`the block at ${offset} does not match its checksum`)
  return bytes.subarray(offset, offset + size + 1)
}

function block(bytes: Buffer, at: BlockHandle): Buffer {
  const content = checked(bytes, at)
  const stored = content.subarray(0, -1)
  return content.at(-1) === 0 ? stored : uncompress(stored)
}

/** The blocks that a block of an index names: its entries, of keys that share beginnings, up to the list of restarts. */
function* blocks(index: Buffer): Generator<BlockHandle> {
  const restarts = index.readUInt32LE(index.length - 4)
  const entries = new Reader(index.subarray(0, index.length - 4 * (restarts + 1)))
  while (!entries.done) {
    entries.varint()
    const unshared = entries.varint()
    const value = entries.varint()
    entries.bytes(unshared)
    yield handle(new Reader(entries.bytes(value)))
  }
}
