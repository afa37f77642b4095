import type { Deployment, ReplicaSet, ReplicaSetStatus } from '@tandem/api/apps/v1/types'
import { replicasOf } from './strategy.ts'
import { sameTemplate } from './template-hash.ts'

/** A deployment's ReplicaSets: the one with its present template, if there is one yet, and all others. */
export interface Revisions {
  current: ReplicaSet | undefined
  old: readonly ReplicaSet[]
}

export function splitRevisions(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revisions {
  // Of several with the same template, left by older versions of a cluster, the oldest is taken, always the same one.
  const sorted = [...replicaSets].sort(oldestFirst)
  const current = sorted.find(({ spec }) => sameTemplate(spec.template, deployment.spec.template))
  return { current, old: sorted.filter((replicaSet) => replicaSet !== current) }
}

export const allOf = ({ current, old }: Revisions): ReplicaSet[] => (current ? [...old, current] : [...old])

export const isActive = (replicaSet: ReplicaSet): boolean => replicasOf(replicaSet) > 0

export const oldestFirst = (a: ReplicaSet, b: ReplicaSet): number =>
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name)

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** How many pods they should have. */
export const wanted = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0)

/** A sum of what their statuses say. */
export const counted = (
  replicaSets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number => replicaSets.reduce((sum, { status }) => sum + ((status as ReplicaSetStatus | undefined)?.[field] ?? 0), 0)
