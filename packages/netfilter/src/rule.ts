/**
 * One rule in words. Its text is what `iptables-save` prints of it (addresses and protocol first, then the matches in the order given),
 * so that rules in force can be compared with rules wanted.
 */
export interface Rule {
  source?: Address | undefined
  destination?: Address | undefined
  inInterface?: string
  outInterface?: string
  /** A leading `!` negates it. */
  protocol?: string
  comment?: string
  /** Further matches as written on the command line: `-m addrtype --dst-type LOCAL`. */
  match?: string
  /** Chain or target with its options. Without one the rule only counts and comments. */
  jump?: string
}

/** An address or CIDR; a leading `!` negates it. */
export type Address = string

const addressMatch = (flag: string, address: Address): string => {
  const negated = address.startsWith('!')
  const bare = negated ? address.slice(1).trim() : address
  const cidr = bare.includes('/') ? bare : `${bare}/${bare.includes(':') ? 128 : 32}`
  return `${negated ? '! ' : ''}${flag} ${cidr}`
}

/** Quoted where `iptables-save` quotes: when there is more in it than letters, digits, `_` and `-`. */
const commentMatch = (comment: string): string =>
  `-m comment --comment ${/^[\w-]+$/.test(comment) ? comment : `"${comment.replaceAll(/["\\\n]/g, ' ')}"`}`

export function rule({ source, destination, inInterface, outInterface, protocol, comment, match, jump }: Rule): string {
  const parts: string[] = []
  if (source) parts.push(addressMatch('-s', source))
  if (destination) parts.push(addressMatch('-d', destination))
  if (inInterface) parts.push(`-i ${inInterface}`)
  if (outInterface) parts.push(`-o ${outInterface}`)
  if (protocol) parts.push(protocol.startsWith('!') ? `! -p ${protocol.slice(1)}` : `-p ${protocol}`)
  if (comment) parts.push(commentMatch(comment))
  if (match) parts.push(match)
  if (jump) parts.push(`-j ${jump}`)
  return parts.join(' ')
}

/** A probability in the 31 bits that the kernel keeps of it. */
export const probability = (value: number): string => (Math.round(value * 2 ** 31) / 2 ** 31).toFixed(11)
