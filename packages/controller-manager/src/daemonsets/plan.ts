import type { DaemonSet } from '@tandem/api/apps/v1/types'
import { isPodAvailable, isPodReady, isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { podRevisionLabel } from '../revisions/controller-revisions.ts'
import { nodeFit } from './node-fit.ts'
import { generationLabel, nodeOf, templateGeneration } from './pod-of-daemonset.ts'
import { maxSurge } from './strategy.ts'

export interface DaemonView {
  daemonSet: DaemonSet
  nodes: readonly Node[]
  pods: readonly Pod[]
  /** Of the present template. */
  hash: string
  now: number
}

export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  create: string[]
  remove: Pod[]
  /** Pods that ended; they are told of, and not replaced at once over and over. */
  failed: { pod: Pod; node: string }[]
  succeeded: { pod: Pod; node: string }[]
}

export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    if (isPodTerminal(pod) && pod.metadata.deletionTimestamp) continue
    const node = nodeOf(pod)
    if (node === undefined) continue
    const there = byNode.get(node)
    if (there) there.push(pod)
    else byNode.set(node, [pod])
  }
  return byNode
}

/** Where pods are missing, and which are too many. */
export function planPods(view: DaemonView): DaemonPlan {
  const { daemonSet, nodes, pods } = view
  const plan: DaemonPlan = { create: [], remove: [], failed: [], succeeded: [] }
  const byNode = podsByNode(pods)
  for (const node of nodes) {
    const { name } = node.metadata
    const there = byNode.get(name)
    const fit = nodeFit(daemonSet, node)
    if (fit === 'run' && !there) plan.create.push(name)
    else if (fit !== 'leave') planNode(view, { name, there: there ?? [], mayRun: fit === 'run' }, plan)
    else plan.remove.push(...(there ?? []).filter(({ metadata }) => !metadata.deletionTimestamp))
  }
  // Nobody else deletes a pod that waits for a node that is gone.
  const known = new Set(nodes.map(({ metadata }) => metadata.name))
  for (const [node, waiting] of byNode)
    if (!known.has(node)) plan.remove.push(...waiting.filter(({ spec }) => !spec.nodeName))
  return plan
}

function planNode(
  view: DaemonView,
  { name, there, mayRun }: { name: string; there: readonly Pod[]; mayRun: boolean },
  plan: DaemonPlan,
): void {
  const running: Pod[] = []
  for (const pod of there) {
    if (pod.metadata.deletionTimestamp) continue
    if (pod.status?.phase === 'Failed') plan.failed.push({ pod, node: name })
    else if (pod.status?.phase === 'Succeeded') plan.succeeded.push({ pod, node: name })
    else running.push(pod)
  }
  running.sort(oldestFirst)
  if (maxSurge(view.daemonSet, 1) === 0) {
    plan.remove.push(...running.slice(1))
    return
  }
  const ended = plan.failed.some(({ node }) => node === name) || plan.succeeded.some(({ node }) => node === name)
  if (running.length === 0 && mayRun && !ended) plan.create.push(name)
  if (running.length > 1) plan.remove.push(...excessOfSurge(view, running))
}

/** Two may run for a while: the new one that is not available yet, and the old one as long as it is ready. */
function excessOfSurge({ daemonSet, hash, now }: DaemonView, running: readonly Pod[]): Pod[] {
  const isNew = ({ metadata }: Pod) => metadata.labels?.[podRevisionLabel] === hash
  const fresh = running.find(isNew)
  const old = running.find((pod) => !isNew(pod))
  const excess = running.filter((pod) => pod !== fresh && pod !== old)
  const replaced = fresh && old && (!isPodReady(old) || isPodAvailable(fresh, daemonSet.spec.minReadySeconds ?? 0, now))
  return replaced ? [...excess, old] : excess
}

/** Those that have a node before those that wait for one. */
export const oldestFirst = (a: Pod, b: Pod): number =>
  Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) ||
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1)

export function isUpdated({ metadata }: Pod, { daemonSet, hash }: Pick<DaemonView, 'daemonSet' | 'hash'>): boolean {
  const generation = templateGeneration(daemonSet)
  return (
    metadata.labels?.[podRevisionLabel] === hash ||
    (generation !== undefined && metadata.labels?.[generationLabel] === generation)
  )
}
