import { isPodActive, isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { ContainerStatus, Pod } from '@tandem/api/core/v1/types'

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

/** The pods that are missed least: not yet at work, not ready, cheap by annotation, sharing a node with others of their kind, young. */
export function podsToDelete(
  pods: readonly Pod[],
  { count, related, now }: { count: number; related: readonly Pod[]; now: number },
): Pod[] {
  if (count >= pods.length) return [...pods]
  const activeOnNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec.nodeName
    if (node && isPodActive(pod)) activeOnNode.set(node, (activeOnNode.get(node) ?? 0) + 1)
  }
  const rank = (pod: Pod) => activeOnNode.get(pod.spec.nodeName ?? '') ?? 0
  return [...pods].sort((a, b) => comparePods(a, b, { rank, now })).slice(0, count)
}

const phases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/** Less means deleted sooner. The first difference decides. */
function comparePods(a: Pod, b: Pod, { rank, now }: { rank: (pod: Pod) => number; now: number }): number {
  const bothReady = isPodReady(a) && isPodReady(b)
  return (
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    phaseOf(a) - phaseOf(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    costOf(a) - costOf(b) ||
    rank(b) - rank(a) ||
    (bothReady ? compareAges(readySince(a), readySince(b), { a, b, now }) : 0) ||
    compareRestarts(a, b) ||
    compareAges(Date.parse(a.metadata.creationTimestamp), Date.parse(b.metadata.creationTimestamp), { a, b, now })
  )
}

const phaseOf = (pod: Pod): number => phases[pod.status?.phase ?? 'Pending'] ?? 0

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[deletionCost] ?? ''
  const cost = /^(0|-\d+|[1-9]\d*)$/.test(text) ? Number(text) : 0
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0
}

const readySince = ({ status }: Pod): number =>
  Date.parse(status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '')

/** Of two ages only the order of magnitude counts, and within one chance (the uid) decides, so that not all of a rollout's pods go at once. */
function compareAges(since: number, otherSince: number, { a, b, now }: { a: Pod; b: Pod; now: number }): number {
  if (Number.isNaN(since) || Number.isNaN(otherSince))
    return Number(Number.isNaN(otherSince)) - Number(Number.isNaN(since))
  if (since === otherSince) return 0
  const difference = magnitude(now - since) - magnitude(now - otherSince)
  return difference || (a.metadata.uid < b.metadata.uid ? -1 : 1)
}

const magnitude = (ageMs: number): number => (ageMs < 1e-6 ? -1 : Math.floor(Math.log2(ageMs * 1e6)))

/** Of the containers that run all along; sidecars decide only between pods whose others are alike. */
const compareRestarts = (a: Pod, b: Pod): number =>
  mostRestarts(b.status?.containerStatuses) - mostRestarts(a.status?.containerStatuses) ||
  mostRestarts(sidecarStatuses(b)) - mostRestarts(sidecarStatuses(a))

function sidecarStatuses({ spec, status }: Pod): ContainerStatus[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const names = new Set(sidecars.map(({ name }) => name))
  return (status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name))
}

const mostRestarts = (statuses: readonly ContainerStatus[] | undefined): number =>
  Math.max(0, ...(statuses ?? []).map(({ restartCount }) => restartCount ?? 0))
