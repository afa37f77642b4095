import { DecodeError } from '../decode/decode-error.ts'
import { syntaxErrorOf } from './json-syntax.ts'

/** Deeper than any object is, and shallow enough for all that walks through it. */
const maxDepth = 2000

/** Parses a body. Throws DecodeError in the words of Go's parser. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  if (isTooDeep(bytes)) throw new DecodeError('exceeded max depth')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DecodeError(syntaxErrorOf(text) ?? (cause as Error).message, { cause })
  }
}

const [quote, backslash] = [0x22, 0x5c]
/** `{` and `[` differ in one bit, as `}` and `]` do. */
const opens = (byte: number): boolean => (byte | 0x20) === 0x7b
const closes = (byte: number): boolean => (byte | 0x20) === 0x7d

/** Only a body of many brackets can be too deep, and hardly any is long enough to have them. */
function isTooDeep(bytes: Uint8Array): boolean {
  if (bytes.length <= maxDepth) return false
  let depth = 0
  let isString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === quote) isString = !isString
    else if (isString) {
      if (byte === backslash) at++
    } else if (opens(byte)) {
      if (++depth > maxDepth) return true
    } else if (closes(byte)) depth--
  }
  return false
}
