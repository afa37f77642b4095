import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import { controllerOf, equalJson, isAlreadyExists, isNotFound, type New } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { isNamespaceTerminating, messageOf } from '../failure.ts'
import { controllerReference } from '../ownership.ts'
import {
  annotationsOf,
  byRevision,
  maxRevision,
  newReplicaSetAnnotations,
  revision,
  revisionOf,
  scaleAnnotations,
} from './annotations.ts'
import { type ConditionChange, findCondition, withCondition } from './conditions.ts'
import { oldestFirst, type Revisions, wanted } from './replica-sets.ts'
import { newReplicaSetSize } from './rolling-update.ts'
import type { Scaling } from './scaling.ts'
import { hasProgressDeadline } from './status.ts'
import { replicasOf } from './strategy.ts'
import { hashOfTemplate, podTemplateHash, replicaSetName, sameTemplate, withHash } from './template-hash.ts'

/** One deployment while it is reconciled: a copy whose status and revision are brought up to date as it goes. */
export interface Rollout {
  deployment: Deployment
  revisions: Revisions
  context: ControllerContext
}

/** Sees to it that the ReplicaSet of the present template carries the revision; makes one where `create` says so. */
export async function syncRevision(rollout: Rollout, { create }: { create: boolean }): Promise<void> {
  const { deployment, revisions } = rollout
  const newRevision = maxRevision(revisions.old) + 1n
  if (revisions.current) {
    const current = await annotateCurrent(rollout, revisions.current, newRevision)
    rollout.revisions = { ...revisions, current }
    note(rollout, {
      type: 'Progressing',
      status: 'True',
      reason: 'FoundNewReplicaSet',
      message: `Found new replica set "${current.metadata.name}"`,
      onlyFirst: true,
    })
    await setRevision(rollout, revisionOf(current))
  } else if (create) {
    const current = await createReplicaSet(rollout, newRevision)
    rollout.revisions = { ...revisions, current }
    await setRevision(rollout, revisionOf(current) || newRevision)
  } else if (deployment.status === undefined) {
    deployment.status = {}
  }
}

async function annotateCurrent(
  { deployment, context }: Rollout,
  current: ReplicaSet,
  newRevision: bigint,
): Promise<ReplicaSet> {
  const annotations = newReplicaSetAnnotations(deployment, { before: annotationsOf(current), newRevision })
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  const isCurrent =
    equalJson(annotations, annotationsOf(current)) && (current.spec.minReadySeconds ?? 0) === minReadySeconds
  if (isCurrent) return current
  return context.client.update(replicaSets, {
    ...current,
    metadata: { ...current.metadata, annotations },
    spec: { ...current.spec, minReadySeconds },
  })
}

async function setRevision({ deployment, context }: Rollout, current: bigint): Promise<void> {
  if (current === 0n || revisionOf(deployment) === current) return
  const annotations = { ...annotationsOf(deployment), [revision]: String(current) }
  const annotated = { ...deployment, metadata: { ...deployment.metadata, annotations } }
  // By way of status, which does not count as a new generation of the spec.
  const updated = await context.client.update(deployments, annotated, { subresource: 'status' })
  deployment.metadata = updated.metadata
}

async function createReplicaSet(rollout: Rollout, newRevision: bigint): Promise<ReplicaSet> {
  const { deployment, revisions, context } = rollout
  const replicaSet = newReplicaSet(deployment, revisions, newRevision)
  const { name } = replicaSet.metadata
  try {
    const created = await context.client.create(replicaSets, replicaSet)
    const size = replicasOf(created)
    if (size > 0) scalingEvent(rollout, `Scaled up replica set ${created.metadata.name} from 0 to ${size}`)
    note(rollout, {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${created.metadata.name}"`,
    })
    return created
  } catch (error) {
    if (isAlreadyExists(error)) return existingOrCollision(rollout, { name: name ?? '', error })
    if (!isNamespaceTerminating(error))
      await reportFailure(rollout, `Failed to create new replica set "${name}": ${messageOf(error)}`)
    throw error
  }
}

function newReplicaSet(deployment: Deployment, { old }: Revisions, newRevision: bigint): New<ReplicaSet> {
  const { namespace, name } = deployment.metadata
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = hashOfTemplate(template, deployment.status?.collisionCount)
  const hashed = withHash(template, hash)
  return {
    metadata: {
      name: replicaSetName(name, hash),
      ...(namespace && { namespace }),
      labels: hashed.metadata?.labels ?? {},
      annotations: {
        ...newReplicaSetAnnotations(deployment, { before: {}, newRevision }),
        ...scaleAnnotations(deployment),
      },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, { size: 0, total: wanted(old) }),
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHash]: hash } },
      template: hashed,
    },
  }
}

/** The name is taken: by ours, which the cache does not show yet, or by another's, so that the hash must become another. */
async function existingOrCollision(
  rollout: Rollout,
  { name, error }: { name: string; error: unknown },
): Promise<ReplicaSet> {
  const { deployment, context } = rollout
  const { namespace } = deployment.metadata
  const existing = await context.client.get(replicaSets, { namespace, name })
  const isOurs =
    controllerOf(existing)?.uid === deployment.metadata.uid &&
    sameTemplate(existing.spec.template, deployment.spec.template)
  if (isOurs) return existing
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
  await context.client.update(
    deployments,
    { ...deployment, status: { ...deployment.status, collisionCount } },
    { subresource: 'status' },
  )
  throw error
}

async function reportFailure(rollout: Rollout, message: string): Promise<void> {
  const { deployment, context } = rollout
  const reason = 'ReplicaSetCreateError'
  context.recorder.record({ object: deployment, type: 'Warning', reason, message })
  note(rollout, { type: 'Progressing', status: 'False', reason, message })
  await context.client.update(deployments, deployment, { subresource: 'status' }).catch(() => undefined)
}

/** Sets a condition in the copy; it is written with the status at the end. */
export function note(
  { deployment, context }: Rollout,
  { onlyFirst, ...change }: ConditionChange & { onlyFirst?: true },
): void {
  const conditions = deployment.status?.conditions ?? []
  if (!hasProgressDeadline(deployment) || (onlyFirst && findCondition(conditions, change.type))) return
  deployment.status = { ...deployment.status, conditions: withCondition(conditions, change, context.clock.now()) }
}

/** Writes new sizes; returns whether any size changed. */
export async function applyScaling(rollout: Rollout, scalings: readonly Scaling[]): Promise<boolean> {
  const { deployment, context } = rollout
  let scaled = false
  for (const { replicaSet, replicas } of scalings) {
    const before = replicasOf(replicaSet)
    const annotations = { ...annotationsOf(replicaSet), ...scaleAnnotations(deployment) }
    if (before === replicas && equalJson(annotations, annotationsOf(replicaSet))) continue
    await context.client.update(replicaSets, {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...replicaSet.spec, replicas },
    })
    if (before === replicas) continue
    scaled = true
    const direction = before < replicas ? 'up' : 'down'
    scalingEvent(rollout, `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`)
  }
  return scaled
}

const scalingEvent = ({ deployment, context }: Rollout, message: string): void =>
  context.recorder.record({ object: deployment, type: 'Normal', reason: 'ScalingReplicaSet', message })

/** Deletes revisions beyond the history limit, the oldest first, none that has or may have pods. */
export async function cleanUpHistory({ deployment, revisions, context }: Rollout): Promise<void> {
  const limit = deployment.spec.revisionHistoryLimit
  if (limit === undefined || limit === 2 ** 31 - 1) return
  const alive = revisions.old.filter(({ metadata }) => !metadata.deletionTimestamp)
  const oldest = alive.sort((a, b) => byRevision(a, b) || oldestFirst(a, b))
  for (const replicaSet of oldest.slice(0, Math.max(0, alive.length - limit))) {
    const { status, metadata } = replicaSet
    const isSettled = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
    if (replicasOf(replicaSet) > 0 || (status?.replicas ?? 0) > 0 || !isSettled) continue
    const { namespace, name } = metadata
    await context.client.delete(replicaSets, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}
