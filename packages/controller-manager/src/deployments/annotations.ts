import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import { maxSurge, replicasOf } from './strategy.ts'

export const revision = 'deployment.kubernetes.io/revision'
const revisionHistory = 'deployment.kubernetes.io/revision-history'
const desiredReplicas = 'deployment.kubernetes.io/desired-replicas'
const maxReplicas = 'deployment.kubernetes.io/max-replicas'
export const rollbackTo = 'deprecated.deployment.rollback.to'

/** Those of a deployment that say something about itself, not about its pods. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revision,
  revisionHistory,
  desiredReplicas,
  maxReplicas,
  rollbackTo,
])

type Annotations = Readonly<Record<string, string>>

const historyLimit = 2000
const mostReplicas = 2 ** 31 - 1

export const annotationsOf = ({ metadata }: KubernetesObject): Annotations => metadata.annotations ?? {}

/** 0 where there is none that can be read. Revisions are counted in 64 bits, more than a number holds. */
export function revisionOf(object: KubernetesObject): bigint {
  const text = annotationsOf(object)[revision] ?? ''
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

export const byRevision = (a: KubernetesObject, b: KubernetesObject): number => Number(revisionOf(a) - revisionOf(b))

const highestFirst = (replicaSets: readonly ReplicaSet[]): bigint[] =>
  replicaSets.toSorted((a, b) => byRevision(b, a)).map(revisionOf)

export const maxRevision = (replicaSets: readonly ReplicaSet[]): bigint => highestFirst(replicaSets)[0] ?? 0n

/** The one before the highest: where `rollout undo` goes. */
export const lastRevision = (replicaSets: readonly ReplicaSet[]): bigint => highestFirst(replicaSets)[1] ?? 0n

const count = (object: KubernetesObject, name: string): number | undefined => {
  const text = annotationsOf(object)[name] ?? ''
  return /^\d+$/.test(text) && Number(text) <= mostReplicas ? Number(text) : undefined
}

/** How many replicas the deployment wanted when it last scaled the ReplicaSet. */
export const desiredReplicasOf = (replicaSet: ReplicaSet): number | undefined => count(replicaSet, desiredReplicas)
export const maxReplicasOf = (replicaSet: ReplicaSet): number | undefined => count(replicaSet, maxReplicas)

export const scaleAnnotations = (deployment: Deployment): Annotations => ({
  [desiredReplicas]: String(replicasOf(deployment)),
  [maxReplicas]: String(replicasOf(deployment) + maxSurge(deployment)),
})

/** What the ReplicaSet of the present template should be annotated with: the deployment's own, its revision, revisions it had before. */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  { before, newRevision }: { before: Annotations; newRevision: bigint },
): Annotations {
  const copied = Object.entries(annotationsOf(deployment)).filter(([name]) => !ownAnnotations.has(name))
  const annotations: Record<string, string> = { ...before, ...Object.fromEntries(copied) }
  const old = before[revision]
  if (old !== undefined && old !== '' && !/^\d+$/.test(old)) return annotations
  if (BigInt(old ?? 0) >= newRevision) return annotations
  annotations[revision] = String(newRevision)
  if (old !== undefined) annotations[revisionHistory] = appendedHistory(before[revisionHistory] ?? '', old)
  return annotations
}

/** The oldest fall out when the text grows too long. */
function appendedHistory(history: string, old: string): string {
  if (history === '') return old
  const revisions = [...history.split(','), old]
  while (revisions.length > 1 && revisions.join(',').length > historyLimit) revisions.shift()
  return revisions.join(',')
}

/** After a rollback a deployment is annotated as the ReplicaSet it went back to, but for what concerns itself. */
export function rolledBackAnnotations(deployment: Deployment, target: ReplicaSet): Annotations {
  const kept = Object.entries(annotationsOf(deployment)).filter(
    ([name]) => ownAnnotations.has(name) && name !== rollbackTo,
  )
  const taken = Object.entries(annotationsOf(target)).filter(([name]) => !ownAnnotations.has(name))
  return Object.fromEntries([...kept, ...taken])
}
