import { isNativeResource } from '@tandem/api/core/v1/resource-name'
import type { Node } from '@tandem/api/core/v1/types'
import { nodeOfChange } from '../framework/cluster-event.ts'
import { NodeInfo } from '../framework/node-info.ts'
import { maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { amountOf, podAmounts, type ResourceAmounts } from '../framework/resources.ts'
import { type Status, unresolvable, unschedulable } from '../framework/status.ts'

/** What the score looks at, and how much each counts. */
const scored = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

/** The node must have room for what the pod requests; nodes with more room left are better (LeastAllocated). */
export const plugin: Plugin = {
  name: 'NodeResourcesFit',
  events: ['AssignedPodDelete', 'AssignedPodUpdate', 'NodeAdd', 'NodeAllocatableChange', 'UnschedulablePodUpdate'],

  mayHelp(pod, change) {
    const node = nodeOfChange(change)
    if (node) return insufficient(pod.requests, emptyNode(node))?.code !== 'UnschedulableAndUnresolvable'
    if (!('pod' in change) || !change.old) return true
    return hasShrunk(change.pod.requests, podAmounts(change.old), pod.requests)
  },

  filter: ({ pod }, node) => insufficient(pod.requests, node),

  score({ pod }, node) {
    let sum = 0
    let weights = 0
    for (const { name, weight } of scored) {
      const capacity = amountOf(node.allocatable, name)
      if (capacity === 0) continue
      const requested = amountOf(node.nonZeroRequested, name) + amountOf(pod.nonZeroRequests, name)
      sum += weight * (requested > capacity ? 0 : Math.floor(((capacity - requested) * maxNodeScore) / capacity))
      weights += weight
    }
    return weights === 0 ? 0 : Math.floor(sum / weights)
  },
}

/** Every resource the node lacks. Unresolvable where even the empty node would be too small. */
export function insufficient(
  requests: ResourceAmounts,
  { allocatable, requested, pods, allowedPods }: NodeInfo,
): Status | undefined {
  let reasons: string[] | undefined
  let resolvable = true
  const refuse = (reason: string) => {
    reasons ??= []
    reasons.push(reason)
  }
  if (pods.size + 1 > allowedPods) refuse('Too many pods')
  const check = (name: string, wanted: number, capacity: number, used: number) => {
    if (wanted === 0 || wanted <= capacity - used) return
    refuse(`Insufficient ${name}`)
    if (wanted > capacity) resolvable = false
  }
  check('cpu', requests.milliCPU, allocatable.milliCPU, requested.milliCPU)
  check('memory', requests.memory, allocatable.memory, requested.memory)
  check('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage)
  for (const [name, wanted] of requests.scalar)
    check(name, wanted, allocatable.scalar.get(name) ?? 0, requested.scalar.get(name) ?? 0)
  if (!reasons) return undefined
  return resolvable ? unschedulable(...reasons) : unresolvable(...reasons)
}

function emptyNode(node: Node): NodeInfo {
  const info = new NodeInfo(node.metadata.name)
  info.setNode(node)
  return info
}

/** Was anything given back that the pod asks for? */
const hasShrunk = (now: ResourceAmounts, before: ResourceAmounts, wanted: ResourceAmounts): boolean =>
  ['cpu', 'memory', 'ephemeral-storage', ...wanted.scalar.keys()].some(
    (name) => amountOf(wanted, name) > 0 && amountOf(now, name) < amountOf(before, name),
  )

/** Whether a resource of this name exists only where a node offers it. */
export const isScalarResource = (name: string): boolean => !isNativeResource(name) || name.startsWith('hugepages-')
