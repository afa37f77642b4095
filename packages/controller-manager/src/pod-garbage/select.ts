import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Node, Pod } from '@tandem/api/core/v1/types'

export interface Garbage {
  pod: Pod
  why: 'terminated' | 'orphaned' | 'unscheduled' | 'out-of-service'
}

export interface GarbageOptions {
  nodes: readonly Node[]
  /** How many pods that have ended may stay; 0 or less means any number. */
  threshold: number
  /** Nodes that are gone, and have been for long enough to be sure. */
  isGone(nodeName: string): boolean
}

const outOfService = 'node.kubernetes.io/out-of-service'

/** Pods that nobody will clear away: too many that have ended, those of nodes that are gone, those deleted before they had a node. */
export function selectGarbage(pods: readonly Pod[], { nodes, threshold, isGone }: GarbageOptions): Garbage[] {
  const outOfServiceNodes = new Set(nodes.filter(isOutOfService).map(({ metadata }) => metadata.name))
  const garbage = new Map<Pod, Garbage['why']>()
  for (const pod of excess(pods, threshold)) garbage.set(pod, 'terminated')
  for (const pod of pods) {
    const node = pod.spec.nodeName
    if (node && isGone(node)) garbage.set(pod, 'orphaned')
    else if (!node && pod.metadata.deletionTimestamp) garbage.set(pod, 'unscheduled')
    else if (node && pod.metadata.deletionTimestamp && outOfServiceNodes.has(node)) garbage.set(pod, 'out-of-service')
  }
  return [...garbage].map(([pod, why]) => ({ pod, why }))
}

/** Evicted ones first, then the oldest. */
function excess(pods: readonly Pod[], threshold: number): Pod[] {
  if (threshold <= 0) return []
  const ended = pods.filter(isPodTerminal)
  const order = (pod: Pod) =>
    [pod.status?.reason === 'Evicted' ? 0 : 1, Date.parse(pod.metadata.creationTimestamp)] as const
  return ended
    .sort(
      (a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1] || (a.metadata.name < b.metadata.name ? -1 : 1),
    )
    .slice(0, Math.max(0, ended.length - threshold))
}

const isOutOfService = ({ spec, status }: Node): boolean =>
  (spec?.taints ?? []).some(({ key }) => key === outOfService) &&
  status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True'
