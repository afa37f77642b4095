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
