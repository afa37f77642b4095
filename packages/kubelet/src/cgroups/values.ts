import { podLimits, podRequests } from '@tandem/api/core/v1/pod-resources'
import type { Pod } from '@tandem/api/core/v1/types'
import { quantityMilliValue, quantityValue } from '@tandem/apimachinery'
import { cpuQuotaOf, cpuSharesOf, cpuWeightOf } from './resources.ts'

export interface CgroupResources {
  cpuShares: number
  /** Absent: no limit. */
  cpuQuota?: number
  memoryLimit?: number
}

/** A file of a cgroup and what is written to it. `controller` matters for version 1 alone, where each has a hierarchy. */
export interface CgroupValue {
  controller: 'cpu' | 'memory'
  file: string
  value: string
}

const period = 100_000

export const cgroupValues = ({ cpuShares, cpuQuota, memoryLimit }: CgroupResources, version: 1 | 2): CgroupValue[] =>
  version === 1
    ? [
        { controller: 'cpu', file: 'cpu.shares', value: String(cpuShares) },
        ...(cpuQuota === undefined
          ? []
          : [
              { controller: 'cpu' as const, file: 'cpu.cfs_period_us', value: String(period) },
              { controller: 'cpu' as const, file: 'cpu.cfs_quota_us', value: String(cpuQuota) },
            ]),
        ...(memoryLimit === undefined
          ? []
          : [{ controller: 'memory' as const, file: 'memory.limit_in_bytes', value: String(memoryLimit) }]),
      ]
    : [
        { controller: 'cpu', file: 'cpu.weight', value: String(cpuWeightOf(cpuShares)) },
        {
          controller: 'cpu',
          file: 'cpu.max',
          value: cpuQuota === undefined ? `max ${period}` : `${cpuQuota} ${period}`,
        },
        { controller: 'memory', file: 'memory.max', value: memoryLimit === undefined ? 'max' : String(memoryLimit) },
      ]

/** A pod's own cgroup: limits only where every container has one, for else the pod has none. */
export function podCgroupResources(pod: Pod): CgroupResources {
  const requests = podRequests(pod)
  const limits = podLimits(pod)
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const allLimited = (name: string): boolean =>
    pod.spec.resources?.limits?.[name] !== undefined ||
    containers.every(({ resources }) => quantityMilliValue(resources?.limits?.[name] ?? '0') > 0)
  const cpu = limits.get('cpu')
  const memory = limits.get('memory')
  return {
    cpuShares: cpuSharesOf(quantityMilliValue(requests.get('cpu') ?? '0')),
    ...(cpu && allLimited('cpu') ? { cpuQuota: cpuQuotaOf(quantityMilliValue(cpu)) } : {}),
    ...(memory && allLimited('memory') ? { memoryLimit: quantityValue(memory) } : {}),
  }
}

/** The cgroup of all burstable pods weighs as much as their requests together. */
export const burstableShares = (pods: readonly Pod[]): number =>
  cpuSharesOf(pods.reduce((sum, pod) => sum + quantityMilliValue(podRequests(pod).get('cpu') ?? '0'), 0))
