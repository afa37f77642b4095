import { Reader } from './varint.ts'

/** Undoes Snappy's compression of a block. Throws RangeError where it is damaged. */
export function uncompress(bytes: Buffer): Buffer {
  const reader = new Reader(bytes)
  const out = Buffer.alloc(reader.varint())
  let at = 0
  const number = (length: number) => reader.bytes(length).readUIntLE(0, length)
  while (!reader.done) {
    const tag = number(1)
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >>> 2
      const literal = reader.bytes((short < 60 ? short : number(short - 59)) + 1)
      if (at + literal.length > out.length) throw new RangeError('more than was said')
      at += literal.copy(out, at)
      continue
    }
    const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : (tag >>> 2) + 1
    const offset = kind === 1 ? ((tag >>> 5) << 8) + number(1) : number(kind === 2 ? 2 : 4)
    if (offset === 0 || offset > at || at + length > out.length) throw new RangeError('a copy of nothing')
    // What is copied may overlap what it is copied to.
    for (const end = at + length; at < end; at++) out[at] = out[at - offset] as number
  }
  if (at !== out.length) throw new RangeError('less than was said')
  return out
}
