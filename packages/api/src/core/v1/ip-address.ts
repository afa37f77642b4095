import { isIP } from 'node:net'
import { type FieldError, invalidValue } from '@tandem/apimachinery'
import ipaddr from 'ipaddr.js'

const looksLikeIPv4 = /^\d{1,}(\.\d{1,}){3}$/
const mapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/i

const sloppy = (value: string): string | undefined => {
  if (isIP(value)) return value
  if (!looksLikeIPv4.test(value)) return undefined
  const octets = value.split('.').map(Number)
  return octets.every((octet) => octet <= 255) ? octets.join('.') : undefined
}

/** An address as RFC 5952 writes it; IPv4 inside IPv6 is told as IPv4. */
export function canonicalIP(value: string): string | undefined {
  const address = sloppy(value)
  return address === undefined ? undefined : ipaddr.process(address).toString()
}

export const isIPv6 = (value: string): boolean => isIP(value) === 6

/**
 * Faults of an address in a field that is older than the strict rules. `kept` are values that the object had before,
 * which stay acceptable.
 */
export function validateIP(field: string, value: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return []
  if (sloppy(value) === undefined)
    return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (!isIP(value)) return [invalidValue(field, value, 'must not have leading 0s')]
  if (mapped.test(value)) return [invalidValue(field, value, 'must not be an IPv4-mapped IPv6 address')]
  return []
}

/** The same for `10.0.0.0/8`. */
export function validateCIDR(field: string, value: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return []
  const slash = value.lastIndexOf('/')
  const address = value.slice(0, Math.max(slash, 0))
  const length = value.slice(slash + 1)
  const known = sloppy(address)
  const bits = Number(length)
  if (known === undefined || !/^\d+$/.test(length) || bits > (isIPv6(known) ? 128 : 32))
    return [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (!isIP(address) || String(bits) !== length)
    return [invalidValue(field, value, 'must not have leading 0s in IP or prefix length')]
  if (mapped.test(address)) return [invalidValue(field, value, 'must not have an IPv4-mapped IPv6 address')]
  if (networkOf(address, bits) !== ipaddr.parse(address).toString())
    return [invalidValue(field, value, 'must not have bits set beyond the prefix length')]
  return []
}

const networkOf = (address: string, bits: number): string =>
  isIPv6(address)
    ? ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`).toString()
    : ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`).toString()

/** Addresses that cannot be the destination of a Service: unspecified, loopback, link-local. */
export function validateEndpointIP(field: string, value: string): FieldError[] {
  const address = canonicalIP(value)
  if (address === undefined) return [invalidValue(field, value, 'must be a valid IP address')]
  switch (ipaddr.parse(address).range()) {
    case 'unspecified':
      return [invalidValue(field, value, `may not be unspecified (${value})`)]
    case 'loopback':
      return [invalidValue(field, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
    case 'linkLocal':
      return [invalidValue(field, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
    case 'multicast':
      return /^(224\.0\.0\.|ff02:)/.test(address)
        ? [invalidValue(field, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
        : []
    default:
      return []
  }
}

/** A word on forms that other software may read differently. */
export function warningsForIP(field: string, value: string): string[] {
  const canonical = canonicalIP(value)
  if (canonical === undefined || canonical === value) return []
  if (!isIP(value) || mapped.test(value))
    return [`${field}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(canonical)}`]
  return [
    `${field}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ]
}

/** One range of each family at most. */
export const isDualStack = (values: readonly string[]): boolean =>
  values.length === 2 && isIPv6(values[0]?.split('/')[0] ?? '') !== isIPv6(values[1]?.split('/')[0] ?? '')
