import { type NumberRange, staticBand } from './range.ts'

/** The addresses of Services, as numbers: all of the CIDR but its first and last. */
export interface ClusterIPRange extends NumberRange {
  cidr: string
}

/** Throws when the text is no IPv4 CIDR with room for Services: a wrong flag must stop the server. */
export function parseServiceCidr(text: string): ClusterIPRange {
  const [address = '', bits = ''] = text.split('/')
  const base = ipv4ToNumber(address)
  const prefix = Number(bits)
  if (base === undefined || !/^\d+$/.test(bits) || prefix < 8 || prefix > 30)
    throw new Error(`--service-cluster-ip-range: ${text} is not an IPv4 CIDR of 8 to 30 bits`)
  const size = 2 ** (32 - prefix)
  const network = base - (base % size)
  const first = network + 1
  return {
    cidr: `${numberToIPv4(network)}/${prefix}`,
    first,
    last: network + size - 2,
    dynamic: first + staticBand(size, { step: 16, max: 256 }),
  }
}

export function ipv4ToNumber(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined
  const octets = text.split('.').map(Number)
  return octets.every((octet) => octet <= 255) ? octets.reduce((sum, octet) => sum * 256 + octet, 0) : undefined
}

export const numberToIPv4 = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
