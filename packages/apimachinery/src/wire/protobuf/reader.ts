export class ProtobufError extends Error {
  override name = 'ProtobufError'
  readonly code = 'PROTOBUF'
}

/** One field as it stands in the bytes: a number, or bytes of its own. */
export type WireValue =
  | { kind: 'varint'; value: bigint }
  | { kind: 'bytes'; value: Buffer }
  | { kind: 'fixed64'; value: Buffer }

/** Fields of a message in the order they come. Throws ProtobufError where the bytes end too early. */
export function* fieldsOf(bytes: Buffer): Generator<{ number: number; value: WireValue }> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new ProtobufError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new ProtobufError('proto: integer overflow')
  }
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw new ProtobufError('unexpected EOF')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    const wireType = Number(tag & 7n)
    if (number === 0) throw new ProtobufError('proto: illegal tag 0')
    if (wireType === 0) yield { number, value: { kind: 'varint', value: varint() } }
    else if (wireType === 1) yield { number, value: { kind: 'fixed64', value: take(8) } }
    else if (wireType === 2) yield { number, value: { kind: 'bytes', value: take(Number(varint())) } }
    else if (wireType === 5) take(4)
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`)
  }
}

/** Numbers on the wire are unsigned; below zero they are two's complement of 64 bits. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value))
