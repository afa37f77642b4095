import { isNativeResource } from '@tandem/api/core/v1/resource-name'
import type { Node } from '@tandem/api/core/v1/types'
import { UsageError } from '@tandem/component-base/flags/index'
import { fieldsOf, listOf, text } from '../config/reading.ts'
import { nodeOfChange } from '../framework/cluster-event.ts'
import { NodeInfo } from '../framework/node-info.ts'
import type { Plugin } from '../framework/plugin.ts'
import { defaultStrategy, readStrategy, type ScoringStrategy } from '../framework/resource-scoring.ts'
import { amountOf, podAmounts, type ResourceAmounts } from '../framework/resources.ts'
import { type Status, unresolvable, unschedulable } from '../framework/status.ts'

interface Arguments {
  strategy: ScoringStrategy
  /** Extended resources that the node need not have. */
  ignores(name: string): boolean
}

/** The node must have room for what the pod requests; nodes are scored by how much of them would be requested. */
const create = ({ strategy, ignores }: Arguments): Plugin => ({
  name: 'NodeResourcesFit',
  events: ['AssignedPodDelete', 'AssignedPodUpdate', 'NodeAdd', 'NodeAllocatableChange', 'UnschedulablePodUpdate'],
  configure: (args) => create(readArguments(args)),

  mayHelp(pod, change) {
    const node = nodeOfChange(change)
    if (node) return insufficient(pod.requests, emptyNode(node), ignores)?.code !== 'UnschedulableAndUnresolvable'
    if (!('pod' in change) || !change.old) return true
    return hasShrunk(change.pod.requests, podAmounts(change.old), pod.requests)
  },

  filter: ({ pod }, node) => insufficient(pod.requests, node, ignores),

  score({ pod }, node) {
    let sum = 0
    let weights = 0
    for (const { name, weight } of strategy.resources) {
      const capacity = amountOf(node.allocatable, name)
      if (capacity === 0) continue
      const requested = amountOf(node.nonZeroRequested, name) + amountOf(pod.nonZeroRequests, name)
      const score = strategy.scoreOf(requested, capacity)
      if (score === 0 && strategy.skipsZero) continue
      sum += weight * score
      weights += weight
    }
    if (weights === 0) return 0
    return strategy.skipsZero ? Math.round(sum / weights) : Math.floor(sum / weights)
  },
})

export const plugin = create({ strategy: defaultStrategy, ignores: () => false })

function readArguments(args: Readonly<Record<string, unknown>>): Arguments {
  const known = ['ignoredResources', 'ignoredResourceGroups', 'scoringStrategy']
  const fields = fieldsOf(args, 'args', known)
  const resources = new Set(
    listOf(fields.ignoredResources, 'args.ignoredResources').map((name) => text(name, 'args.ignoredResources')),
  )
  const groups = new Set(
    listOf(fields.ignoredResourceGroups, 'args.ignoredResourceGroups').map((group, index) => {
      const path = `args.ignoredResourceGroups[${index}]`
      const name = text(group, path)
      if (name.includes('/'))
        throw new UsageError(`${path}: Invalid value: ${JSON.stringify(name)}: resource group name can't contain '/'`)
      return name
    }),
  )
  const strategy = fields.scoringStrategy
  return {
    strategy: strategy === undefined ? defaultStrategy : readStrategy(strategy, 'args.scoringStrategy'),
    ignores: (name) => resources.has(name) || groups.has(name.split('/')[0] ?? ''),
  }
}

/** Every resource the node lacks. Unresolvable where even the empty node would be too small. */
export function insufficient(
  requests: ResourceAmounts,
  { allocatable, requested, pods, allowedPods }: NodeInfo,
  ignores: (name: string) => boolean = () => false,
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
    if (!(isExtended(name) && ignores(name)))
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

const isExtended = (name: string): boolean => !isNativeResource(name) && !name.startsWith('hugepages-')
