import type { Node, Taint } from '@tandem/api/core/v1/types'
import { timestamp } from '../timestamp.ts'
import { readinessOf } from './health.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

/** Which taint says which condition, where the condition is not as it should be. */
const conditionTaints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReady, Unknown: unreachable },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const unschedulable = 'node.kubernetes.io/unschedulable'
const ours = new Set([unschedulable, ...Object.values(conditionTaints).flatMap((taints) => Object.values(taints))])

/**
 * The taints that a node should have by its conditions. Others' stay as they are. `evicts` says whether a node that is not ready may
 * lose its pods now: not where every node is in trouble, since then the trouble is probably ours.
 */
export function desiredTaints(node: Node, { evicts, now }: { evicts: boolean; now: number }): Taint[] {
  const present = node.spec?.taints ?? []
  const noSchedule = (node.status?.conditions ?? []).flatMap(
    ({ type, status }) => conditionTaints[type]?.[status] ?? [],
  )
  if (node.spec?.unschedulable) noSchedule.push(unschedulable)
  const noExecute = noExecuteKey(node)
  const wanted: Taint[] = [
    ...noSchedule.map((key): Taint => ({ key, effect: 'NoSchedule' })),
    ...(noExecute && (evicts || has(present, noExecute)) ? [{ key: noExecute, effect: 'NoExecute' as const }] : []),
  ]
  const kept = present.filter(({ key, effect }) => !isOurs({ key, effect }))
  return [
    ...kept,
    ...wanted.map((taint) => present.find((other) => same(other, taint)) ?? { ...taint, timeAdded: timestamp(now) }),
  ]
}

const noExecuteKey = (node: Node): string | undefined => {
  const hasReady = node.status?.conditions?.some(({ type }) => type === 'Ready')
  const readiness = readinessOf(node)
  return !hasReady || readiness === 'True' ? undefined : readiness === 'False' ? notReady : unreachable
}

/** Is it a node whose pods should go, as soon as that may be? One that never said how it is, is not. */
export const isUnfit = (node: Node): boolean => noExecuteKey(node) !== undefined

/** All of them may be taken off again where the whole cluster is in trouble. */
export const withoutEviction = (taints: readonly Taint[]): Taint[] =>
  taints.filter(({ key, effect }) => effect !== 'NoExecute' || (key !== notReady && key !== unreachable))

export const isBeingEvicted = (node: Node): boolean =>
  (node.spec?.taints ?? []).length !== withoutEviction(node.spec?.taints ?? []).length

const isOurs = ({ key, effect }: Pick<Taint, 'key' | 'effect'>): boolean =>
  effect === 'NoSchedule' ? ours.has(key) : effect === 'NoExecute' && (key === notReady || key === unreachable)

const has = (taints: readonly Taint[], key: string): boolean =>
  taints.some((taint) => taint.key === key && taint.effect === 'NoExecute')
const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect
