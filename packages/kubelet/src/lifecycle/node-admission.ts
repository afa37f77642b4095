import { hostPortsConflict, hostPortsOf } from '@tandem/api/core/v1/host-ports'
import { matchRequiredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import { podRequests } from '@tandem/api/core/v1/pod-resources'
import { isExtendedResource } from '@tandem/api/core/v1/resource-name'
import { tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { quantityMilliValue, quantityValue } from '@tandem/apimachinery'
import { isStaticPod } from './critical-pod.ts'
import { podsToPreempt, type Requirements, requestOf, requirementsText, withoutRequestsOf } from './preemption.ts'
import { forbiddenSysctl } from './sysctls.ts'

export interface Refusal {
  reason: string
  message: string
}

export interface AdmissionInput {
  pod: Pod
  node: Node
  allocatable: Readonly<Record<string, string>>
  /** Pods that have what they asked for already. */
  others: readonly Pod[]
  /** Patterns of sysctls that an administrator has added to the safe ones. */
  allowedSysctls: readonly string[]
}

/** Why the node turns a pod away that was bound to it; undefined when it takes it. The scheduler looked before; things change. */
export function nodeAdmission(input: AdmissionInput): Refusal | undefined {
  const [shortage] = shortagesOf(input)
  return unsupported(input) ?? (shortage && outOf(shortage)) ?? predicateFailure(input)
}

/**
 * The same for a pod that the node cannot do without: others are ended for it. Those that are to be ended for it besides
 * those that are being ended; it is admitted when they are gone.
 */
export function criticalAdmission(
  input: AdmissionInput & { isEnding(pod: Pod): boolean },
): Refusal | { preempts: Pod[]; resource: string } | undefined {
  const { pod, others, isEnding } = input
  const fixed = unsupported(input) ?? predicateFailure(input)
  const shortages = shortagesOf(input)
  if (fixed || shortages.length === 0) return fixed
  const all: Requirements = new Map(
    shortages.map(({ resource, requested, used, capacity }) => [resource, requested + used - capacity]),
  )
  const missing = withoutRequestsOf(others.filter(isEnding), all)
  const victims = podsToPreempt(
    pod,
    others.filter((other) => !isEnding(other)),
    missing,
  )
  if (victims) return { preempts: victims, resource: shortages[0]?.resource ?? '' }
  const cause = `no set of running pods found to reclaim resources: ${requirementsText(missing)}`
  return {
    reason: 'UnexpectedAdmissionError',
    message: `Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: ${cause}`,
  }
}

interface Shortage {
  resource: string
  requested: number
  used: number
  capacity: number
}

function shortagesOf({ pod, allocatable, others }: AdmissionInput): Shortage[] {
  const shortages: Shortage[] = []
  for (const resource of ['pods', ...podRequests(pod).keys()]) {
    const text = allocatable[resource]
    const unlimited = resource === 'pods' ? text === undefined : false
    // An extended resource that this node knows nothing of is the whole cluster's, and counted by the scheduler.
    if (unlimited || (text === undefined && isExtendedResource(resource))) continue
    const capacity = resource === 'cpu' ? quantityMilliValue(text ?? '0') : quantityValue(text ?? '0')
    const requested = requestOf(pod, resource)
    const used = others.reduce((sum, other) => sum + requestOf(other, resource), 0)
    if (requested > 0 && requested + used > capacity) shortages.push({ resource, requested, used, capacity })
  }
  return shortages
}

const outOf = ({ resource, requested, used, capacity }: Shortage): Refusal => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
})

/** What no other pod's end would change. */
function unsupported({ pod, allowedSysctls }: AdmissionInput): Refusal | undefined {
  const { metadata, spec } = pod
  const sysctl = forbiddenSysctl(pod, allowedSysctls)
  if (sysctl) return { reason: 'SysctlForbidden', message: sysctl }
  if ((metadata.labels?.['kubernetes.io/os'] ?? 'linux') !== 'linux')
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    }
  if (spec.os && spec.os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }
  // The engine always adds the groups that its image gives a user.
  if (spec.securityContext?.supplementalGroupsPolicy === 'Strict')
    return {
      reason: 'SupplementalGroupsPolicyNotSupported',
      message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
    }
  return undefined
}

function predicateFailure({ pod, node, others }: AdmissionInput): Refusal | undefined {
  const failed = (reason: string, message: string): Refusal => ({
    reason,
    message: `Predicate ${reason} failed: ${message}`,
  })
  if (pod.spec.nodeName && pod.spec.nodeName !== node.metadata.name)
    return failed('NodeName', "node(s) didn't match the requested node name")
  if (!matchRequiredNodeAffinity(pod, node))
    return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  const wanted = hostPortsOf(pod)
  const taken = others.flatMap(hostPortsOf)
  if (wanted.some((port) => taken.some((other) => hostPortsConflict(port, other))))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
  // NoExecute alone: what may not start here but may run is the scheduler's business.
  const taint = (node.spec?.taints ?? []).find(
    (taint) => taint.effect === 'NoExecute' && !tolerationsTolerateTaint(pod.spec.tolerations, taint),
  )
  return taint && !isStaticPod(pod)
    ? failed('TaintToleration', "node(s) had taints that the pod didn't tolerate")
    : undefined
}
