import { canonicalQuantity } from '../quantity.ts'
import { DecodeError } from './decode-error.ts'

const int32Max = 2147483647

export const isInt32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value <= int32Max && value >= -int32Max - 1

/** As far as a JavaScript number is exact or was rounded from an integer that Go's int64 holds. */
export const isInt64 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value <= 2 ** 63 && value >= -(2 ** 63)

/** Base64 as Go writes it; line breaks are dropped. */
export function canonicalBytes(text: string): string {
  if (Buffer.from(text, 'base64').toString('base64') === text) return text
  const joined = text.replace(/[\r\n]/g, '')
  if (Buffer.from(joined, 'base64').toString('base64') === joined) return joined
  throw new DecodeError(`illegal base64 data at input byte ${firstBadByte(joined)}`)
}

function firstBadByte(text: string): number {
  const bad = /[^A-Za-z0-9+/=]/.exec(text)?.index
  if (bad !== undefined) return bad
  const padding = text.indexOf('=')
  const whole = padding < 0 || (text.length % 4 === 0 && /^={1,2}$/.test(text.slice(padding)))
  return whole ? text.length - (text.length % 4 || 4) : padding
}

const layout = '2006-01-02T15:04:05Z07:00'
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/
const canonicalSecond = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

const limits = [
  ['month', 1, 12],
  ['day', 1, 31],
  ['hour', 0, 23],
  ['minute', 0, 59],
  ['second', 0, 59],
] as const

/** Which part of a well-formed time no calendar has; JavaScript would carry the 30th of February over into March. */
function outOfRange(text: string): string | undefined {
  const parts = text.slice(5, 19).split(/[-T:]/).map(Number)
  const wrong = limits.find(([, min, max], index) => (parts[index] ?? 0) < min || (parts[index] ?? 0) > max)?.[0]
  if (wrong) return wrong
  const [month = 1, day = 1] = parts
  const days = day > 28 ? new Date(Date.UTC(Number(text.slice(0, 4)), month, 0)).getUTCDate() : 31
  return day > days ? 'day' : undefined
}

/** Seconds since the epoch and the digits of the fraction. */
function parseTime(text: string): { seconds: number; fraction: string } {
  const match = rfc3339.exec(text)
  if (!match) throw unparsableTime(text)
  const wrong = outOfRange(text)
  if (wrong) throw new DecodeError(`parsing time ${JSON.stringify(text)}: ${wrong} out of range`)
  return { seconds: Date.parse(text.replace(/[.,]\d+/, '')) / 1000, fraction: match[7] ?? '' }
}

function unparsableTime(text: string): DecodeError {
  const shown = JSON.stringify(text)
  const rest = text.replace(/^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?/, '')
  const element = ['2006', '-', '-', 'T', ':', ':', 'Z07:00']
  const consumed = (text.slice(0, text.length - rest.length).match(/\d+/g) ?? []).length
  return new DecodeError(
    `parsing time ${shown} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${element[consumed]}"`,
  )
}

const secondsText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19)

/** Whole seconds in UTC. */
export function canonicalTime(text: string): string {
  if (canonicalSecond.test(text) && !outOfRange(text)) return text
  return `${secondsText(parseTime(text).seconds)}Z`
}

/** Six digits of a second, in UTC. */
export function canonicalMicroTime(text: string): string {
  const { seconds, fraction } = parseTime(text)
  return `${secondsText(seconds)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}

export function decodeQuantity(value: string | number): string {
  try {
    return canonicalQuantity(String(value))
  } catch (error) {
    throw error instanceof Error ? new DecodeError(error.message, { cause: error }) : error
  }
}
