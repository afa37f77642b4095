import ipaddr from 'ipaddr.js'

/** An IP range as numbers: the first address, and how many bits of it are fixed. */
export interface Cidr {
  family: 4 | 6
  first: bigint
  prefix: number
}

export function parseCidr(text: string): Cidr {
  const [address, prefix] = ipaddr.parseCIDR(text)
  const family = address.kind() === 'ipv4' ? 4 : 6
  const hostBits = BigInt(bitsOf(family) - prefix)
  return { family, prefix, first: (toNumber(address.toByteArray()) >> hostBits) << hostBits }
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.family, cidr.first)}/${cidr.prefix}`

export function formatAddress(family: 4 | 6, value: bigint): string {
  const bytes = Array.from({ length: bitsOf(family) / 8 }, (_, index) =>
    Number((value >> BigInt(bitsOf(family) - 8 * (index + 1))) & 0xffn),
  )
  return ipaddr.fromByteArray(bytes).toString()
}

export function parseAddress(text: string): bigint {
  return toNumber(ipaddr.parse(text).toByteArray())
}

export const addressFamily = (text: string): 4 | 6 => (ipaddr.parse(text).kind() === 'ipv4' ? 4 : 6)

/** How many addresses a range has. */
export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(bitsOf(family) - prefix)

export const contains = (cidr: Cidr, address: bigint): boolean =>
  address >= cidr.first && address < cidr.first + sizeOf(cidr)

/** The ranges of `prefix` bits within a range, in order. */
export function* subnetsOf(cidr: Cidr, prefix: number): Generator<Cidr> {
  const step = sizeOf({ ...cidr, prefix })
  for (let first = cidr.first; first < cidr.first + sizeOf(cidr); first += step) yield { ...cidr, prefix, first }
}

export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a)

const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)
const toNumber = (bytes: readonly number[]): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
