import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import type { Deployment, DeploymentStatus, ReplicaSet } from '@tandem/api/apps/v1/types'
import { pods } from '@tandem/api/core/v1/pod'
import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { controllerOf, equalJson, labelMatcherOf, matchesLabels, type ObjectKey } from '@tandem/apimachinery'
import type { Controller, ControllerContext, ReconcileResult } from '@tandem/controller-runtime'
import { findCondition } from '../deployments/conditions.ts'
import { counted, isActive, splitRevisions } from '../deployments/replica-sets.ts'
import { requestedRollback, rollBack } from '../deployments/rollback.ts'
import { rollingUpdateStep } from '../deployments/rolling-update.ts'
import { applyScaling, cleanUpHistory, note, type Rollout, syncRevision } from '../deployments/rollout.ts'
import { isScalingEvent, scaleDeployment } from '../deployments/scaling.ts'
import {
  deploymentStatus,
  hasProgressDeadline,
  isComplete,
  progressCheckAfter,
  rolloutStatus,
} from '../deployments/status.ts'
import { replicasOf } from '../deployments/strategy.ts'
import { isNamespaceTerminating } from '../failure.ts'
import { claim, indexByController, ownedBy, ownedOrOrphaned } from '../ownership.ts'
import { eventRule } from '../permissions.ts'

export const controller: Controller<Deployment> = {
  name: 'deployment-controller',
  for: deployments,
  owns: [replicaSets],
  watches: [
    { resource: replicaSets, keys: deploymentsOfOrphan },
    { resource: pods, keys: recreatedDeployment },
  ],
  permissions: [
    {
      apiGroups: ['apps', 'extensions'],
      resources: ['deployments'],
      verbs: ['get', 'list', 'watch', 'update', 'patch'],
    },
    { apiGroups: ['apps', 'extensions'], resources: ['deployments/status'], verbs: ['update'] },
    { apiGroups: ['apps', 'extensions'], resources: ['deployments/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['apps', 'extensions'],
      resources: ['replicasets'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'update', 'watch'] },
    eventRule,
  ],
  setup({ informer }) {
    indexByController(informer(replicaSets))
    indexByController(informer(pods))
  },
  async reconcile(key, context) {
    const cached = context.informer(deployments).get(key)
    if (!cached) return undefined
    const deployment = structuredClone(cached)
    const { selector } = deployment.spec
    if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
      return selectsAll(deployment, context)
    const matcher = labelMatcherOf(selector)
    const claimed = await claim({
      client: context.client,
      owner: deployment,
      ownerResource: deployments,
      resource: replicaSets,
      objects: ownedOrOrphaned(context.informer(replicaSets), deployment),
      matches: ({ metadata }: ReplicaSet) => matchesLabels(matcher, metadata.labels),
    })
    const rollout: Rollout = { deployment, revisions: splitRevisions(deployment, claimed), context }
    const status = await rollOut(rollout).catch((error: unknown) => {
      // The namespace takes the deployment along: there is nothing to try again.
      if (isNamespaceTerminating(error)) return undefined
      throw error
    })
    if (!status) return undefined
    return writeStatus(rollout, { status, before: cached.status })
  },
}

/** Does the next step; answers the status after it, or nothing when the deployment itself was rewritten. */
async function rollOut(rollout: Rollout): Promise<DeploymentStatus | undefined> {
  const { deployment, context } = rollout
  const now = () => context.clock.now()
  if (deployment.metadata.deletionTimestamp) {
    await syncRevision(rollout, { create: false })
    return deploymentStatus(deployment, rollout.revisions, now())
  }
  notePause(rollout)
  const rollback = requestedRollback(deployment)
  if (rollback !== undefined && !deployment.spec.paused) {
    await syncRevision(rollout, { create: true })
    await rollBack(rollout, rollback)
    return undefined
  }
  if (deployment.spec.paused || isScalingEvent(deployment, rollout.revisions)) {
    await syncRevision(rollout, { create: false })
    await applyScaling(rollout, scaleDeployment(deployment, rollout.revisions))
    if (deployment.spec.paused && rollback === undefined) await cleanUpHistory(rollout)
    return deploymentStatus(deployment, rollout.revisions, now())
  }
  const moved = deployment.spec.strategy?.type === 'Recreate' ? await recreate(rollout) : await rollingUpdate(rollout)
  if (!moved && isComplete(deployment, deployment.status ?? {})) await cleanUpHistory(rollout)
  return rolloutStatus(deployment, rollout.revisions, now())
}

async function rollingUpdate(rollout: Rollout): Promise<boolean> {
  await syncRevision(rollout, { create: true })
  const { current, old } = rollout.revisions
  return current !== undefined && applyScaling(rollout, rollingUpdateStep(rollout.deployment, { current, old }))
}

/** All old pods go, and have ended, before the first new one comes. */
async function recreate(rollout: Rollout): Promise<boolean> {
  const { deployment } = rollout
  await syncRevision(rollout, { create: false })
  const active = rollout.revisions.old.filter(isActive)
  if (
    await applyScaling(
      rollout,
      active.map((replicaSet) => ({ replicaSet, replicas: 0 })),
    )
  )
    return true
  if (oldPodsRun(rollout)) return true
  if (!rollout.revisions.current) await syncRevision(rollout, { create: true })
  const { current } = rollout.revisions
  if (!current || replicasOf(current) === replicasOf(deployment)) return false
  return applyScaling(rollout, [{ replicaSet: current, replicas: replicasOf(deployment) }])
}

const oldPodsRun = ({ revisions, context }: Rollout): boolean =>
  counted(revisions.old, 'replicas') > 0 ||
  revisions.old.some((replicaSet) => ownedBy(context.informer(pods), replicaSet).some((pod) => !isPodTerminal(pod)))

/** The time of a pause does not count against the progress deadline. */
function notePause(rollout: Rollout): void {
  const { deployment } = rollout
  if (!hasProgressDeadline(deployment)) return
  const condition = findCondition(deployment.status?.conditions ?? [], 'Progressing')
  if (condition?.reason === 'ProgressDeadlineExceeded') return
  const wasPaused = condition?.reason === 'DeploymentPaused'
  if (deployment.spec.paused && !wasPaused) {
    note(rollout, {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    })
  } else if (!deployment.spec.paused && wasPaused) {
    note(rollout, {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentResumed',
      message: 'Deployment is resumed',
    })
  }
}

async function writeStatus(
  { deployment, context }: Rollout,
  { status, before }: { status: DeploymentStatus; before: DeploymentStatus | undefined },
): Promise<ReconcileResult | undefined> {
  if (!equalJson(status, before)) {
    await context.client.update(deployments, { ...deployment, status }, { subresource: 'status' })
  }
  if (deployment.spec.paused || deployment.metadata.deletionTimestamp) return undefined
  const requeueAfter = progressCheckAfter(deployment, status, context.clock.now())
  return requeueAfter === undefined ? undefined : { requeueAfter }
}

async function selectsAll(deployment: Deployment, { client, recorder }: ControllerContext): Promise<undefined> {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  recorder.record({ object: deployment, type: 'Warning', reason: 'SelectingAll', message })
  const { generation = 0 } = deployment.metadata
  if ((deployment.status?.observedGeneration ?? 0) < generation) {
    const status = { ...deployment.status, observedGeneration: generation }
    await client.update(deployments, { ...deployment, status }, { subresource: 'status' })
  }
}

function deploymentsOfOrphan(replicaSet: ReplicaSet, { informer }: ControllerContext): ObjectKey[] {
  if (controllerOf(replicaSet)) return []
  return informer(deployments)
    .list(replicaSet.metadata.namespace)
    .filter(({ spec }) => matchesLabels(labelMatcherOf(spec.selector), replicaSet.metadata.labels))
    .map(({ metadata }) => metadata)
}

/** Only Recreate waits for pods themselves; all else is in the statuses of ReplicaSets. */
function recreatedDeployment(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  const { namespace } = pod.metadata
  const replicaSetName = controllerOf(pod)?.kind === 'ReplicaSet' ? controllerOf(pod)?.name : undefined
  const replicaSet = replicaSetName && informer(replicaSets).get({ namespace, name: replicaSetName })
  const name = replicaSet && controllerOf(replicaSet)?.name
  const deployment = name && informer(deployments).get({ namespace, name })
  return deployment && deployment.spec.strategy?.type === 'Recreate' ? [deployment.metadata] : []
}
