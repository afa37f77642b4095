import type { Node, Pod } from '@tandem/api/core/v1/types'
import { parseQuantity } from '@tandem/apimachinery'

/** What a scheduler must keep to, written down once more and as simply as can be. */

const cpuOf = ({ spec }: Pod): bigint =>
  spec.containers.reduce((sum, { resources }) => sum + parseQuantity(resources?.requests?.cpu ?? '0').nanos, 0n)

const portsOf = ({ spec }: Pod): number[] =>
  spec.containers.flatMap(({ ports = [] }) => ports.map(({ hostPort = 0 }) => hostPort))

/** The value of `app` that the pod keeps away from. */
const shunned = ({ spec }: Pod): string | undefined =>
  spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector?.matchLabels?.app

const shuns = (pod: Pod, other: Pod): boolean =>
  shunned(pod) !== undefined && shunned(pod) === other.metadata.labels?.app

/** Why the pod cannot be beside these others on the node; what changes with time on a node itself is not of it. */
export function problemBeside(pod: Pod, node: Node, others: readonly Pod[]): string | undefined {
  const { allocatable = {} } = node.status ?? {}
  const cpu = others.reduce((sum, other) => sum + cpuOf(other), cpuOf(pod))
  if (cpuOf(pod) > 0n && cpu > parseQuantity(allocatable.cpu ?? '0').nanos) return 'not enough cpu'
  if (others.length + 1 > Number(allocatable.pods)) return 'too many pods'
  if (others.some((other) => portsOf(other).some((port) => portsOf(pod).includes(port)))) return 'port taken'
  if (others.some((other) => shuns(pod, other) || shuns(other, pod))) return 'kept apart'
  return problemWithLabels(pod, node)
}

const problemWithLabels = ({ spec }: Pod, { metadata }: Node): string | undefined =>
  Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => metadata.labels?.[key] === value)
    ? undefined
    : 'other labels wanted'

export const isRepelled = (pod: Pod, { spec }: Node): boolean =>
  !pod.spec.tolerations?.length && ((spec?.taints ?? []).length > 0 || spec?.unschedulable === true)

/** Could the pod be on the node, now, or once less important pods made room? */
export const wouldFit = (pod: Pod, node: Node, placed: readonly Pod[]): boolean => {
  if (isRepelled(pod, node)) return false
  const stay = placed.filter((other) => (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0))
  return problemBeside(pod, node, stay) === undefined
}
