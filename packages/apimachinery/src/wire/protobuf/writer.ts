/** Collects the bytes of one message. */
export class Writer {
  readonly #parts: Buffer[] = []

  varint(number: number, value: number | bigint | boolean): void {
    this.#parts.push(varint((number << 3) | 0), varint(typeof value === 'boolean' ? Number(value) : value))
  }

  double(number: number, value: number): void {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    this.#parts.push(varint((number << 3) | 1), bytes)
  }

  bytes(number: number, value: Buffer): void {
    this.lengthOf(number, value.length)
    this.#parts.push(value)
  }

  /** Announces bytes that somebody else will write. */
  lengthOf(number: number, length: number): void {
    this.#parts.push(varint((number << 3) | 2), varint(length))
  }

  string(number: number, value: string): void {
    this.bytes(number, Buffer.from(value))
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** Tags, lengths and most values take one byte, always the same ones. */
const short = Array.from({ length: 0x80 }, (_, value) => Buffer.of(value))

function varint(value: number | bigint): Buffer {
  if (typeof value === 'number' && value >= 0) {
    const known = short[value]
    if (known) return known
    if (value < 0x4000) return Buffer.of((value & 0x7f) | 0x80, value >> 7)
  }
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Buffer.from(bytes)
}
