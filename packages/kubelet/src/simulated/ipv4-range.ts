/** Where a range of IPv4 addresses begins, as a number, and how many it has. Throws for what is none. */
export function parseIPv4Range(cidr: string): { first: number; size: number } {
  const [, address = '', length] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? []
  const octets = address.split('.').map(Number)
  const bits = Number(length)
  if (octets.length !== 4 || octets.some((octet) => octet > 255) || !(bits <= 32))
    throw new TypeError(`${JSON.stringify(cidr)} is no range of IPv4 addresses`)
  const size = 2 ** (32 - bits)
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  return { first: value - (value % size), size }
}
