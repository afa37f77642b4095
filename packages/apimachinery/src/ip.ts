import ipaddr from 'ipaddr.js'
import { type FieldError, invalidValue } from './field-error.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

const octets = /^\d{1,3}(\.\d{1,3}){3}$/
const isMapped = (address: Address): boolean =>
  address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress()
const canonical = (address: Address): string =>
  address instanceof ipaddr.IPv6
    ? address.isIPv4MappedAddress()
      ? address.toIPv4Address().toString()
      : address.toRFC5952String()
    : address.toString()

/** As lenient as Go's old parser: octets with leading zeros are decimal. Zones are refused. */
function parseSloppy(value: string): Address | undefined {
  if (octets.test(value)) {
    const parts = value.split('.').map(Number)
    return parts.every((part) => part <= 255) ? new ipaddr.IPv4(parts) : undefined
  }
  if (!value.includes(':') || value.includes('%') || !ipaddr.IPv6.isValid(value)) return undefined
  return ipaddr.IPv6.parse(value)
}

const hasLeadingZero = (value: string): boolean => /(^|\.|:)0\d+\./.test(value) || /\.0\d+$/.test(value)

/** An address that must be good today: no leading zeros, no IPv4 mapped into IPv6. */
export function validateIpForLegacyField(field: string, value: string): FieldError[] {
  const address = parseSloppy(value)
  if (!address) return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (hasLeadingZero(value)) return [invalidValue(field, value, 'must not have leading 0s')]
  if (isMapped(address)) return [invalidValue(field, value, 'must not be an IPv4-mapped IPv6 address')]
  return []
}

/** As `validateIpForLegacyField`, and in canonical form. */
export function validateIp(field: string, value: string): FieldError[] {
  const faults = validateIpForLegacyField(field, value)
  const address = parseSloppy(value)
  if (faults.length || !address || canonical(address) === value) return faults
  return [invalidValue(field, value, `must be in canonical form ("${canonical(address)}")`)]
}

interface Cidr {
  address: Address
  bits: number
  text: string
}

function parseCidr(value: string): Cidr | undefined {
  const [head = '', text, ...rest] = value.split('/')
  const address = parseSloppy(head)
  if (!address || text === undefined || rest.length || !/^\d{1,3}$/.test(text)) return undefined
  const bits = Number(text)
  return bits <= (address.kind() === 'ipv4' ? 32 : 128) ? { address, bits, text } : undefined
}

const masked = ({ address, bits }: Cidr): string => {
  const size = address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    return byte & (0xff << (8 - kept)) & 0xff
  })
  return canonical(ipaddr.fromByteArray(size))
}

export function validateCidrForLegacyField(field: string, value: string): FieldError[] {
  const cidr = parseCidr(value)
  if (!cidr) return [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (hasLeadingZero(value.replace(/\/.*/, '')) || /^0\d/.test(cidr.text))
    return [invalidValue(field, value, 'must not have leading 0s in IP or prefix length')]
  if (isMapped(cidr.address)) return [invalidValue(field, value, 'must not have an IPv4-mapped IPv6 address')]
  if (masked(cidr) !== canonical(cidr.address))
    return [invalidValue(field, value, 'must not have bits set beyond the prefix length')]
  return []
}

export function validateCidr(field: string, value: string): FieldError[] {
  const faults = validateCidrForLegacyField(field, value)
  const cidr = parseCidr(value)
  if (faults.length || !cidr) return faults
  const expected = `${masked(cidr)}/${cidr.bits}`
  return expected === value ? [] : [invalidValue(field, value, `must be in canonical form ("${expected}")`)]
}

/** 4 or 6; undefined when the text is no address. */
export function ipFamily(value: string): 4 | 6 | undefined {
  const address = parseSloppy(value)
  return address && (address.kind() === 'ipv4' ? 4 : 6)
}
