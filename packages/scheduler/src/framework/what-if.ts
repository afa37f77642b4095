import type { NodeInfo } from './node-info.ts'
import type { Cycle } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'

/**
 * How the number of certain pods on a node that is only tried out (without those that would be preempted, with those that are nominated)
 * differs from the number on the node as it is.
 */
export function whatIf(cycle: Cycle, node: NodeInfo, matches: (info: PodInfo) => boolean): number {
  const actual = cycle.node(node.name)
  if (!actual || actual === node) return 0
  let difference = 0
  for (const [key, info] of node.pods) if (!actual.pods.has(key) && matches(info)) difference++
  for (const [key, info] of actual.pods) if (!node.pods.has(key) && matches(info)) difference--
  return difference
}

/** Counts by node as counts by the value of a node label; nodes without the label do not count. */
export function byTopology(
  counts: ReadonlyMap<string, number>,
  topologyKey: string,
  cycle: Cycle,
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [nodeName, count] of counts) {
    const value = cycle.node(nodeName)?.node.metadata.labels?.[topologyKey]
    if (value !== undefined) sums.set(value, (sums.get(value) ?? 0) + count)
  }
  return sums
}
