import type { Container, Pod, PodQOSClass } from '@tandem/api/core/v1/types'
import { quantityMilliValue, quantityValue } from '@tandem/apimachinery'
import type { LinuxResources } from '../container-runtime/runtime.ts'

const sharesPerCpu = 1024
const minShares = 2
const maxShares = 262_144
const quotaPeriod = 100_000
const minQuotaPeriod = 1000

/** What CPU requests weigh against each other: `cpu.shares` of cgroup v1. */
export const cpuSharesOf = (milliCpu: number): number =>
  milliCpu === 0 ? minShares : Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * sharesPerCpu) / 1000)))

/** Microseconds of CPU in each period of 100 ms. */
export const cpuQuotaOf = (milliCpu: number): number =>
  Math.max(minQuotaPeriod, Math.floor((milliCpu * quotaPeriod) / 1000))

/** Shares as the weight of cgroup v2: 2 to 262144 becomes 1 to 10000. */
export const cpuWeightOf = (shares: number): number =>
  shares === 0 ? 0 : 1 + Math.floor(((shares - 2) * 9999) / 262_142)

const guaranteedOomScore = -997
const bestEffortOomScore = 1000
const systemCritical = 2_000_000_000

/** How willingly the kernel kills a container when memory runs out: the more of the node it asked for, the less. */
export function oomScoreAdj(options: { pod: Pod; container: Container; qos: PodQOSClass; nodeMemory: number }): number {
  const { pod, container, qos, nodeMemory } = options
  if ((pod.spec.priority ?? 0) >= systemCritical || qos === 'Guaranteed') return guaranteedOomScore
  if (qos === 'BestEffort') return bestEffortOomScore
  const request = quantityValue(container.resources?.requests?.memory ?? '0')
  const score = 1000 - Math.floor((1000 * request) / nodeMemory)
  // Never as safe as Guaranteed, never as exposed as BestEffort.
  return Math.min(bestEffortOomScore - 1, Math.max(1000 + guaranteedOomScore, score))
}

export function containerResources(options: {
  pod: Pod
  container: Container
  qos: PodQOSClass
  nodeMemory: number
}): LinuxResources {
  const { requests = {}, limits: own = {} } = options.container.resources ?? {}
  // What has no limit of its own has the pod's, where that has one.
  const limits = { ...options.pod.spec.resources?.limits, ...own }
  const request = requests.cpu ?? own.cpu ?? '0'
  const memory = quantityValue(limits.memory ?? '0')
  const cpuLimit = quantityMilliValue(limits.cpu ?? '0')
  return {
    cpuShares: cpuSharesOf(quantityMilliValue(request)),
    ...(cpuLimit > 0 ? { cpuQuota: cpuQuotaOf(cpuLimit), cpuPeriod: quotaPeriod } : {}),
    ...(memory > 0 ? { memoryLimit: memory } : {}),
    oomScoreAdj: oomScoreAdj(options),
  }
}
