import { hostPortsConflict, hostPortsOf } from '@tandem/api/core/v1/host-ports'
import { matchRequiredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import { podRequests } from '@tandem/api/core/v1/pod-resources'
import { addResources, type Resources } from '@tandem/api/core/v1/resource-list'
import { tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from '@tandem/apimachinery'

export interface Refusal {
  reason: string
  message: string
}

export interface AdmissionInput {
  pod: Pod
  node: Node
  allocatable: Readonly<Record<string, string>>
  /** Pods that count against the node already. */
  others: readonly Pod[]
}

/** Why the node turns a pod away that was bound to it; undefined when it takes it. The scheduler looked before; things change. */
export function nodeAdmission({ pod, node, allocatable, others }: AdmissionInput): Refusal | undefined {
  return outOfResource(pod, allocatable, others) ?? predicateFailure(pod, node, others) ?? untoleratedTaint(pod, node)
}

function outOfResource(
  pod: Pod,
  allocatable: Readonly<Record<string, string>>,
  others: readonly Pod[],
): Refusal | undefined {
  const maxPods = Number(allocatable.pods ?? Number.POSITIVE_INFINITY)
  if (others.length + 1 > maxPods) return shortage('pods', { requested: 1, used: others.length, capacity: maxPods })
  const used: Resources = new Map()
  for (const other of others) addResources(used, podRequests(other))
  for (const [name, requested] of podRequests(pod)) {
    if (requested.nanos === 0n) continue
    const capacity = parseQuantity(allocatable[name] ?? '0')
    const taken = used.get(name) ?? parseQuantity('0')
    if (compareQuantities(requested, subtractQuantities(capacity, taken)) <= 0) continue
    const amount = (quantity: Quantity) => (name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity))
    return shortage(name, { requested: amount(requested), used: amount(taken), capacity: amount(capacity) })
  }
  return undefined
}

const shortage = (
  name: string,
  { requested, used, capacity }: { requested: number; used: number; capacity: number },
): Refusal => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
})

function predicateFailure(pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined {
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
  return undefined
}

/** NoExecute alone: what may not start here but may run is the scheduler's business. */
function untoleratedTaint(pod: Pod, node: Node): Refusal | undefined {
  const taint = (node.spec?.taints ?? []).find(
    (taint) => taint.effect === 'NoExecute' && !tolerationsTolerateTaint(pod.spec.tolerations, taint),
  )
  return (
    taint && {
      reason: 'TaintToleration',
      message: `Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate`,
    }
  )
}
