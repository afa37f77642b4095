import {
  type FieldError,
  invalidValue,
  ipFamily,
  validateCidrForLegacyField,
  validateIpForLegacyField,
} from '@tandem/apimachinery'
import ipaddr from 'ipaddr.js'

/** Values the object had before stay acceptable, even where today's rules would refuse them. */
export const validateIP = (field: string, value: string, kept: readonly string[] = []): FieldError[] =>
  kept.includes(value) ? [] : validateIpForLegacyField(field, value)

export const validateCIDR = (field: string, value: string, kept: readonly string[] = []): FieldError[] =>
  kept.includes(value) ? [] : validateCidrForLegacyField(field, value)

export const isIPv6 = (value: string): boolean => ipFamily(value) === 6

/** One address, or range, of each family. */
export const isDualStack = (values: readonly string[]): boolean =>
  new Set(values.map((value) => ipFamily(value.split('/')[0] ?? ''))).size === 2

/** Without leading zeros, and IPv4 inside IPv6 as IPv4. */
const parse = (value: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined => {
  const plain = value.replace(/(^|\.)0+(?=\d)/g, '$1')
  return ipFamily(value) === undefined || !ipaddr.isValid(plain) ? undefined : ipaddr.process(plain)
}

const canonical = (address: ipaddr.IPv4 | ipaddr.IPv6): string =>
  address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()

/** Addresses that cannot be the destination of a Service: unspecified, loopback, link-local. */
export function validateEndpointIP(field: string, value: string): FieldError[] {
  const address = parse(value)
  if (!address) return [invalidValue(field, value, 'must be a valid IP address')]
  const text = canonical(address)
  switch (address.range()) {
    case 'unspecified':
      return [invalidValue(field, value, `may not be unspecified (${value})`)]
    case 'loopback':
      return [invalidValue(field, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
    case 'linkLocal':
      return [invalidValue(field, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
    default:
      return /^(224\.0\.0\.|ff02:)/.test(text)
        ? [invalidValue(field, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
        : []
  }
}

/** A word on forms that other software may read differently. */
export function warningsForIP(field: string, value: string): string[] {
  const address = parse(value)
  const expected = address && canonical(address)
  if (!expected || expected === value) return []
  if (!(address instanceof ipaddr.IPv6))
    return [`${field}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(expected)}`]
  return [
    `${field}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(expected)})`,
  ]
}
