import { hostPortsOf } from '@tandem/api/core/v1/host-ports'
import type { ContainerPort, Pod } from '@tandem/api/core/v1/types'
import { type AffinityTerms, affinityTermsOf } from './affinity-term.ts'
import { podAmounts, podNonZeroAmounts, type ResourceAmounts } from './resources.ts'

/** A pod with what plugins compute from it again and again, computed once. */
export interface PodInfo {
  readonly pod: Pod
  /** The UID: a pod that is made again under the same name is another one. */
  readonly key: string
  readonly priority: number
  readonly requests: ResourceAmounts
  /** With defaults for containers that request no CPU or memory. */
  readonly nonZeroRequests: ResourceAmounts
  readonly hostPorts: readonly ContainerPort[]
  readonly affinityTerms: AffinityTerms
  readonly hasAffinity: boolean
}

export function podInfoOf(pod: Pod): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const requests = podAmounts(pod)
  return {
    pod,
    key: pod.metadata.uid,
    priority: pod.spec.priority ?? 0,
    requests,
    nonZeroRequests: podNonZeroAmounts(pod),
    hostPorts: hostPortsOf(pod),
    affinityTerms: affinityTermsOf(pod),
    hasAffinity: podAffinity !== undefined || podAntiAffinity !== undefined,
  }
}
