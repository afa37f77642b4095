import type { Node } from '@tandem/api/core/v1/types'
import { readinessOf } from './health.ts'

/** How many nodes a second may start to lose their pods. */
const normalRate = 0.1
const largeClusterRate = 0.01
const largeCluster = 50
const unhealthyZoneThreshold = 0.55

export const zoneOf = ({ metadata: { labels = {} } }: Node): string =>
  `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`

/** Is no node ready at all? Then the network is to blame, or we are, and no pod is moved. */
export const isFullyDisrupted = (nodes: readonly Node[]): boolean =>
  nodes.length > 0 && nodes.every((node) => readinessOf(node) !== 'True')

/** Nodes a second in a zone: fewer when much of it is in trouble at once. */
export function evictionRate(zone: readonly Node[]): number {
  const notReady = zone.filter((node) => readinessOf(node) !== 'True').length
  const isPartlyDisrupted = notReady > 2 && notReady < zone.length && notReady / zone.length >= unhealthyZoneThreshold
  if (!isPartlyDisrupted) return normalRate
  return zone.length > largeCluster ? largeClusterRate : 0
}

/** Lets one node through, then the next when the rate allows; a node that was let through stays so. */
export class EvictionLimiter {
  readonly #nextAt = new Map<string, number>()

  /** Milliseconds to wait; 0 lets it through. */
  take(zone: string, { rate, now }: { rate: number; now: number }): number {
    if (rate === 0) return Number.POSITIVE_INFINITY
    const at = this.#nextAt.get(zone) ?? 0
    if (at > now) return at - now
    this.#nextAt.set(zone, now + 1000 / rate)
    return 0
  }
}
