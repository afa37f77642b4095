import ipaddr from 'ipaddr.js'

/** The address that a range gives to `default/kubernetes`: the first after the network's own. */
export function firstAddress(range: string): string {
  const [network, length] = ipaddr.parseCIDR(range.split(',')[0] ?? '')
  const bytes = network.toByteArray()
  const bits = bytes.length * 8
  for (let bit = length; bit < bits; bit++) {
    const at = bit >> 3
    bytes[at] = (bytes[at] ?? 0) & ~(0x80 >> (bit & 7))
  }
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) | 1
  return ipaddr.fromByteArray(bytes).toString()
}
