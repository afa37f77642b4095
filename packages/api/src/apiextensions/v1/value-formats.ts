import { isIPv4, isIPv6 } from 'node:net'
import { type FieldError, typeInvalid, validateDns1123Label, validateDns1123Subdomain } from '@tandem/apimachinery'
import type { Schema } from './json-schema.ts'
import type { Place } from './schema-values.ts'

const matching =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

const hostname =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u
const isHostname = (text: string): boolean =>
  hostname.test(text) && text.length <= 255 && text.split('.').every((part) => part.length <= 63)

function isCidr(text: string): boolean {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  if (isIPv6(address)) return Number(length) <= 128
  return isIPv4(sloppy(address)) && Number(length) <= 32
}

/** Leading zeros were once taken, and still are. */
const sloppy = (text: string): string => text.replace(/\b0+(?=\d)/g, '')

function isbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^(?:\d{9}X|\d{10})$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (index + 1) * (digit === 'X' ? 10 : Number(digit)), 0)
  return sum % 11 === 0
}

function isbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, index) => total + (index % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

const cards =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/
function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!cards.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)

const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/
const isDateTime = (text: string): boolean => dateTime.test(text) && isDate(text.slice(0, 10))

const goDuration = /^[-+]?(?:0|(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const wordDuration =
  /^\s*\d+\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*$/
const isDuration = (text: string): boolean => goDuration.test(text) || wordDuration.test(text)

const channel = '(?:[01]?\\d{1,2}|2[0-4]\\d|25[0-5])'
const rgb = new RegExp(`^rgb\\(\\s*${channel}\\s*,\\s*${channel}\\s*,\\s*${channel}\\s*\\)$`)
const hex = '[0-9a-f]'
const uuid = (third: string, fourth: string) =>
  matching(new RegExp(`^${hex}{8}-?${hex}{4}-?${third}-?${fourth}-?${hex}{12}$`, 'i'))

/** As upstream, an address as in the header of a mail: `Jo <jo@example.com>` is one. */
const email = matching(/^(?:[^<>@]*<\s*[^\s<>@]+@[^\s<>@]+\s*>|\s*[^\s<>@]+@[^\s<>@]+\s*)$/)

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: matching(/^[0-9a-fA-F]{24}$/),
  uri: (text) => text.startsWith('/') || URL.canParse(text),
  email,
  hostname: isHostname,
  ipv4: (text) => isIPv4(sloppy(text)),
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  cidr: isCidr,
  mac: matching(
    /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}(?:(?:[0-9a-f]{2}\1){2})?[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?:\.[0-9a-f]{4})?)$/i,
  ),
  uuid: uuid(`${hex}{4}`, `${hex}{4}`),
  uuid3: uuid(`3${hex}{3}`, `${hex}{4}`),
  uuid4: uuid(`4${hex}{3}`, `[89ab]${hex}{3}`),
  uuid5: uuid(`5${hex}{3}`, `[89ab]${hex}{3}`),
  isbn: (text) => isbn10(text) || isbn13(text),
  isbn10,
  isbn13,
  creditcard: isCreditCard,
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matching(rgb),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  k8sshortname: (text) => validateDns1123Label(text).length === 0,
  k8slongname: (text) => validateDns1123Subdomain(text).length === 0,
}

/** Formats that nobody knows are not checked. */
export function formatFault({ field, name }: Place, value: string, { format = '', type }: Schema): FieldError[] {
  if (type && type !== 'string') return []
  const check = checks[format.replaceAll('-', '')]
  if (!check || check(value)) return []
  return [typeInvalid(field, value, `${name} in body must be of type ${format}: ${JSON.stringify(value)}`)]
}
