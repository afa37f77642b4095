/** One value of DER: its tag, its content, and itself with its head. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  readonly encoded: Uint8Array
}

export const derTag = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const

const malformed = (): Error => new Error('asn1: structure error: malformed DER')

/** Every value in `bytes`, one after the other. Throws on what is no DER. */
export function readDer(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const value = valueAt(bytes, at)
    values.push(value)
    at += value.encoded.length
  }
  return values
}

function valueAt(bytes: Uint8Array, start: number): DerValue {
  const [tag, first] = [bytes[start], bytes[start + 1]]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed()
  let length = first
  let head = 2
  if (first >= 0x80) {
    const count = first - 0x80
    if (count === 0 || count > 4) throw malformed()
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + 2 + i] ?? 0)
    head += count
  }
  const end = start + head + length
  if (end > bytes.length) throw malformed()
  return { tag, content: bytes.subarray(start + head, end), encoded: bytes.subarray(start, end) }
}

/** The one value that `bytes` are, which has to have this tag. */
export function readDerValue(bytes: Uint8Array, tag: number): DerValue {
  const [value, ...rest] = readDer(bytes)
  if (value?.tag !== tag || rest.length > 0) throw malformed()
  return value
}

/** The members of a sequence or set. */
export function derMembers(value: DerValue | undefined, tag: number = derTag.sequence): DerValue[] {
  if (value?.tag !== tag) throw malformed()
  return readDer(value.content)
}

/** `1.2.840.113549.1.9.14` */
export function derOid(value: DerValue | undefined): string {
  const [first, ...rest] = value?.content ?? []
  if (value?.tag !== derTag.oid || first === undefined) throw malformed()
  const numbers = [Math.min(Math.floor(first / 40), 2)]
  numbers.push(first - (numbers[0] ?? 0) * 40)
  let number = 0
  for (const byte of rest) {
    number = number * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      numbers.push(number)
      number = 0
    }
  }
  return numbers.join('.')
}
