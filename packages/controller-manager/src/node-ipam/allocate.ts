import type { Node } from '@tandem/api/core/v1/types'
import { type Cidr, formatCidr, overlaps, parseCidr, subnetsOf } from '../cidr.ts'

export const podCidrsOf = ({ spec }: Node): string[] => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])

/** The first subnet of each range that overlaps none in use; undefined when a range is used up. */
export function allocatePodCidrs(
  ranges: readonly Cidr[],
  { used, maskSizeOf }: { used: readonly string[]; maskSizeOf: (range: Cidr) => number },
): string[] | undefined {
  const taken = used.map(parseCidr)
  const exact = new Set(taken.map(formatCidr))
  const found: string[] = []
  for (const range of ranges) {
    const free = firstFree(
      subnetsOf(range, maskSizeOf(range)),
      (subnet) => exact.has(formatCidr(subnet)) || taken.some((other) => overlaps(subnet, other)),
    )
    if (!free) return undefined
    found.push(formatCidr(free))
  }
  return found
}

function firstFree<T>(candidates: Iterable<T>, isTaken: (candidate: T) => boolean): T | undefined {
  for (const candidate of candidates) if (!isTaken(candidate)) return candidate
  return undefined
}
