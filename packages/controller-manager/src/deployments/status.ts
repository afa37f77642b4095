import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@tandem/api/apps/v1/types'
import { nonZero } from '../non-zero.ts'
import { timestamp } from '../timestamp.ts'
import { findCondition, withCondition, withoutCondition, withProgress } from './conditions.ts'
import { allOf, counted, type Revisions, wanted } from './replica-sets.ts'
import { maxUnavailable, replicasOf } from './strategy.ts'

const noDeadline = 2 ** 31 - 1

export const hasProgressDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline

/** What the ReplicaSets add up to, and whether that is enough. */
export function deploymentStatus(deployment: Deployment, revisions: Revisions, now: number): DeploymentStatus {
  const all = allOf(revisions)
  const available = counted(all, 'availableReplicas')
  const terminating = terminatingReplicas(all)
  const { collisionCount, conditions = [] } = deployment.status ?? {}
  const isAvailable = available >= replicasOf(deployment) - maxUnavailable(deployment)
  return {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...nonZero({
      replicas: counted(all, 'replicas'),
      updatedReplicas: revisions.current?.status?.replicas ?? 0,
      readyReplicas: counted(all, 'readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted(all) - available),
    }),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: withCondition(
      conditions,
      isAvailable
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      now,
    ),
  }
}

/** Undefined while one of them cannot tell yet. */
function terminatingReplicas(replicaSets: readonly ReplicaSet[]): number | undefined {
  let sum = 0
  for (const { status } of replicaSets) {
    if (status?.terminatingReplicas !== undefined) sum += status.terminatingReplicas
    else if (status?.observedGeneration) return undefined
  }
  return sum
}

/** The status during a rollout: also how it is coming along. */
export function rolloutStatus(deployment: Deployment, revisions: Revisions, now: number): DeploymentStatus {
  const status = deploymentStatus(deployment, revisions, now)
  const progressed = progressConditions(deployment, { status, current: revisions.current, now })
  return { ...status, conditions: withReplicaFailure(progressed, revisions, now) }
}

export function isComplete({ metadata, ...deployment }: Deployment, status: DeploymentStatus): boolean {
  const target = replicasOf(deployment)
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status
  return (
    updatedReplicas === target &&
    replicas === target &&
    availableReplicas === target &&
    observedGeneration >= (metadata.generation ?? 0)
  )
}

interface Progress {
  status: DeploymentStatus
  current: ReplicaSet | undefined
  now: number
}

function progressConditions(deployment: Deployment, { status, current, now }: Progress): DeploymentCondition[] {
  const conditions = status.conditions ?? []
  if (!hasProgressDeadline(deployment)) return withoutCondition(conditions, 'Progressing')
  const before = findCondition(deployment.status?.conditions ?? [], 'Progressing')
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable'
  if (wasComplete) return conditions
  const subject = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(
      conditions,
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message },
      now,
    )
  }
  if (isProgressing(deployment.status ?? {}, status)) {
    const message = `${subject} is progressing.`
    return withProgress(conditions, { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message }, now)
  }
  if (isTimedOut(deployment, { before: findCondition(conditions, 'Progressing'), now })) {
    const message = `${subject} has timed out progressing.`
    return withCondition(
      conditions,
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message },
      now,
    )
  }
  return conditions
}

/** More new pods, fewer old ones, more that are ready, more that are available. */
function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function isTimedOut(
  { spec }: Deployment,
  { before, now }: { before: DeploymentCondition | undefined; now: number },
): boolean {
  if (!before || before.reason === 'NewReplicaSetAvailable') return false
  if (before.reason === 'ProgressDeadlineExceeded') return true
  return Date.parse(before.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 0) * 1000 < now
}

/** Said once, neither becomes a missed deadline: a rollout that is over cannot time out any more. */
const hasNoDeadline = new Set(['ProgressDeadlineExceeded', 'NewReplicaSetAvailable'])

/** When the deadline has to be looked at again, though nothing may change until then. */
export function progressCheckAfter(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = findCondition(status.conditions ?? [], 'Progressing')
  if (!hasProgressDeadline(deployment) || !condition) return undefined
  if (isComplete(deployment, status) || hasNoDeadline.has(condition.reason ?? '')) return undefined
  const deadline = Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000
  return Math.max(1000, deadline - now + 1000)
}

/** What keeps a ReplicaSet from its pods, the newest's first. */
function withReplicaFailure(
  conditions: readonly DeploymentCondition[],
  revisions: Revisions,
  now: number,
): DeploymentCondition[] {
  const candidates = [...(revisions.current ? [revisions.current] : []), ...revisions.old]
  const failure = candidates
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure')
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure')
  const before = findCondition(conditions, 'ReplicaFailure')
  if (before?.status === failure.status && before.reason === failure.reason) return [...conditions]
  const time = failure.lastTransitionTime ?? timestamp(now)
  const lastTransitionTime = before?.status === failure.status ? (before.lastTransitionTime ?? time) : time
  return [...withoutCondition(conditions, 'ReplicaFailure'), { ...failure, lastUpdateTime: time, lastTransitionTime }]
}
