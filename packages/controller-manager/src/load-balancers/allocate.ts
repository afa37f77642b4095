import { addressFamily, contains, formatAddress, parseAddress, parseCidr, sizeOf } from '../cidr.ts'

export type AddressChoice = { address: string } | { refusal: string }

/** The wanted address, or else the first that is free. The first and the last of an IPv4 range are no host's. */
export function chooseAddress(
  pool: string,
  { used, wanted }: { used: ReadonlySet<string>; wanted: string | undefined },
): AddressChoice {
  const range = parseCidr(pool)
  const size = sizeOf(range)
  const edges = range.family === 4 && size > 2n ? 1n : 0n
  if (wanted) {
    const isInside = addressFamily(wanted) === range.family && contains(range, parseAddress(wanted))
    if (!isInside) return { refusal: `requested IP ${wanted} is not in the load balancer pool ${pool}` }
    if (used.has(wanted)) return { refusal: `requested IP ${wanted} is already in use` }
    return { address: wanted }
  }
  for (let offset = edges; offset < size - edges; offset++) {
    const address = formatAddress(range.family, range.first + offset)
    if (!used.has(address)) return { address }
  }
  return { refusal: `no address is free in the load balancer pool ${pool}` }
}
