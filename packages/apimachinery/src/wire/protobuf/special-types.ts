import { fieldsOf, ProtobufError, signed } from './reader.ts'
import { Writer } from './writer.ts'

/** Types that are one value in JSON and a message in protobuf. */
const member = (bytes: Buffer): Map<number, { number: number; text: Buffer }> => {
  const found = new Map<number, { number: number; text: Buffer }>()
  for (const { number, value } of fieldsOf(bytes))
    found.set(number, {
      number: value.kind === 'varint' ? signed(value.value) : 0,
      text: value.kind === 'varint' ? Buffer.alloc(0) : value.value,
    })
  return found
}

export const decodeQuantity = (bytes: Buffer): string => member(bytes).get(1)?.text.toString() ?? '0'

export function encodeQuantity(value: string): Buffer {
  const writer = new Writer()
  writer.string(1, value)
  return writer.finish()
}

export function decodeIntOrString(bytes: Buffer): number | string {
  const members = member(bytes)
  return members.get(1)?.number === 1 ? (members.get(3)?.text.toString() ?? '') : (members.get(2)?.number ?? 0)
}

export function encodeIntOrString(value: number | string): Buffer {
  const writer = new Writer()
  writer.varint(1, typeof value === 'string')
  writer.varint(2, typeof value === 'number' ? value : 0)
  writer.string(3, typeof value === 'string' ? value : '')
  return writer.finish()
}

/** Undefined for the zero time, which JSON leaves out. */
export function decodeTime(bytes: Buffer, { micro }: { micro: boolean }): string | undefined {
  const members = member(bytes)
  const seconds = members.get(1)?.number ?? 0
  const nanos = members.get(2)?.number ?? 0
  if (seconds === 0 && nanos === 0) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return micro ? `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${whole}Z`
}

export function encodeTime(value: string): Buffer {
  const writer = new Writer()
  const milliseconds = Date.parse(value)
  const fraction = /\.(\d{1,9})/.exec(value)?.[1] ?? ''
  writer.varint(1, Math.floor(milliseconds / 1000))
  writer.varint(2, Number(fraction.padEnd(9, '0') || 0))
  return writer.finish()
}

/** JSON in bytes: RawExtension, FieldsV1 and their like. */
export function decodeRaw(bytes: Buffer): unknown {
  const text = member(bytes).get(1)?.text.toString() ?? ''
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ProtobufError('raw extension is not JSON', { cause })
  }
}

export function encodeRaw(value: unknown): Buffer {
  const writer = new Writer()
  writer.string(1, JSON.stringify(value))
  return writer.finish()
}

const units: readonly (readonly [unit: string, nanos: number])[] = [
  ['h', 3_600_000_000_000],
  ['m', 60_000_000_000],
  ['s', 1_000_000_000],
]

/** As Go prints durations: `1h30m0s`, `1.5s`, `0s`. */
export function decodeDuration(bytes: Buffer): string {
  let rest = member(bytes).get(1)?.number ?? 0
  if (rest === 0) return '0s'
  const sign = rest < 0 ? '-' : ''
  rest = Math.abs(rest)
  if (rest < 1000) return `${sign}${rest}ns`
  if (rest < 1_000_000) return `${sign}${rest / 1000}µs`
  if (rest < 1_000_000_000) return `${sign}${rest / 1_000_000}ms`
  const hours = Math.floor(rest / 3_600_000_000_000)
  const minutes = Math.floor(rest / 60_000_000_000) % 60
  const seconds = (rest % 60_000_000_000) / 1_000_000_000
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}

export function encodeDuration(value: string): Buffer {
  const known = new Map<string, number>([...units, ['ms', 1_000_000], ['us', 1000], ['µs', 1000], ['ns', 1]])
  const nanos = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (known.get(unit ?? '') ?? 0),
    0,
  )
  const writer = new Writer()
  writer.varint(1, BigInt(Math.round(value.startsWith('-') ? -nanos : nanos)))
  return writer.finish()
}
