import type { NodeInfo } from '../framework/node-info.ts'
import { maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { skip } from '../framework/status.ts'

/** Prefers nodes on which the pod makes the use of CPU and of memory more alike. */
export const plugin: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  preScore: ({ pod }) => (pod.requests.milliCPU === 0 && pod.requests.memory === 0 ? skip : undefined),
  score({ pod }, node) {
    const before = balance(node, { milliCPU: 0, memory: 0 })
    const after = balance(node, pod.requests)
    return maxNodeScore / 2 + Math.trunc((maxNodeScore / 2 + after - before) / 2)
  },
}

/** 100 when the fractions in use are equal; half the distance between them is taken off. */
function balance({ allocatable, requested }: NodeInfo, more: { milliCPU: number; memory: number }): number {
  if (allocatable.milliCPU === 0 || allocatable.memory === 0) return maxNodeScore
  const cpu = Math.min(1, (requested.milliCPU + more.milliCPU) / allocatable.milliCPU)
  const memory = Math.min(1, (requested.memory + more.memory) / allocatable.memory)
  return Math.trunc((1 - Math.abs((cpu - memory) / 2)) * maxNodeScore)
}
