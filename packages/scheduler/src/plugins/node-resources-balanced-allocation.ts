import { fieldsOf } from '../config/reading.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import { maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { cpuAndMemory, readResources, type ScoredResource } from '../framework/resource-scoring.ts'
import { amountOf, noResources, type ResourceAmounts } from '../framework/resources.ts'
import { skip } from '../framework/status.ts'

const nothing = noResources()

/** Prefers nodes on which the pod makes the use of CPU, of memory and of whatever else counts more alike. */
const create = (resources: readonly ScoredResource[]): Plugin => ({
  name: 'NodeResourcesBalancedAllocation',
  configure: (args) => create(readResources(fieldsOf(args, 'args', ['resources']).resources, 'args.resources')),
  preScore: ({ pod }) => (resources.every(({ name }) => amountOf(pod.requests, name) === 0) ? skip : undefined),
  score({ pod }, node) {
    const before = balance(resources, node, nothing)
    const after = balance(resources, node, pod.requests)
    return maxNodeScore / 2 + Math.trunc((maxNodeScore / 2 + after - before) / 2)
  },
})

export const plugin = create(cpuAndMemory)

/** 100 when the fractions in use are equal; the standard deviation between them is taken off. */
function balance(
  resources: readonly ScoredResource[],
  { allocatable, requested }: NodeInfo,
  more: ResourceAmounts,
): number {
  const fractions: number[] = []
  for (const { name } of resources) {
    const capacity = amountOf(allocatable, name)
    if (capacity !== 0) fractions.push(Math.min(1, (amountOf(requested, name) + amountOf(more, name)) / capacity))
  }
  return Math.trunc((1 - deviation(fractions)) * maxNodeScore)
}

function deviation(fractions: readonly number[]): number {
  const [a = 0, b = a] = fractions
  // Of two, as most often, this is exact.
  if (fractions.length <= 2) return Math.abs((a - b) / 2)
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length
  return Math.sqrt(fractions.reduce((sum, fraction) => sum + (fraction - mean) ** 2, 0) / fractions.length)
}
