import { createHash } from 'node:crypto'

/** iptables takes no longer name for a chain. */
export const maxChainNameLength = 28

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Sixteen characters of base32 that stand for `text` in a chain's name: what is left beside upstream's prefixes. */
export function chainHash(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let hash = ''
  for (let bit = 0; hash.length < 16; bit += 5) {
    const window = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0)
    hash += alphabet[(window >> (11 - (bit & 7))) & 31]
  }
  return hash
}

/** Whether a prefix leaves room for upstream's longest names: `<prefix>-EXTERNAL-SERVICES`, `<prefix>-SVC-<hash>`. */
export const isChainPrefix = (prefix: string): boolean => /^[A-Z][A-Z0-9]{0,6}$/.test(prefix)
