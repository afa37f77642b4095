import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { pods } from '@tandem/api/core/v1/pod'
import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import type { Pod } from '@tandem/api/core/v1/types'
import { podDisruptionBudgets } from '@tandem/api/policy/v1/poddisruptionbudget'
import type { PodDisruptionBudget } from '@tandem/api/policy/v1/types'
import {
  equalJson,
  isConflict,
  labelMatcherOf,
  matchesLabels,
  type ObjectKey,
  printLabelSelector,
} from '@tandem/apimachinery'
import type { Controller, ControllerContext, ReconcileResult } from '@tandem/controller-runtime'
import { budgetStatus, evictionsOf, failedStatus, needsScale } from '../disruption/budget-status.ts'
import { expectedScale } from '../disruption/expected-scale.ts'
import { watchStaleConditions } from '../disruption/stale-conditions.ts'
import { messageOf } from '../failure.ts'
import { eventRule } from '../permissions.ts'

/** Tells of every disruption budget how many pods may go. */
export const controller: Controller<PodDisruptionBudget> = {
  name: 'disruption-controller',
  eventSource: 'controllermanager',
  for: podDisruptionBudgets,
  watches: [
    { resource: pods, keys: budgetsOf },
    { resource: replicaSets, keys: () => [] },
    { resource: deployments, keys: () => [] },
    { resource: statefulSets, keys: () => [] },
    { resource: replicationControllers, keys: () => [] },
  ],
  permissions: [
    { apiGroups: ['apps', 'extensions'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['replicationcontrollers'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch', 'update'] },
    { apiGroups: ['*'], resources: ['*/scale'], verbs: ['get'] },
    eventRule,
  ],
  setup: watchStaleConditions,
  async reconcile(key, context) {
    const budget = context.informer(podDisruptionBudgets).get(key)
    if (!budget) return undefined
    try {
      return await sync(budget, context)
    } catch (error) {
      if (isConflict(error)) throw error
      const failure = messageOf(error)
      context.logger.warn({ error, key }, 'disruption budget could not be calculated')
      await write(budget, failedStatus(budget, { failure, now: context.clock.now() }), context)
      return undefined
    }
  },
}

async function sync(budget: PodDisruptionBudget, context: ControllerContext): Promise<ReconcileResult | undefined> {
  const { clock, informer, recorder } = context
  const now = clock.now()
  const matcher = labelMatcherOf(budget.spec?.selector)
  const guarded = informer(pods)
    .list(budget.metadata.namespace)
    .filter(({ metadata }) => matchesLabels(matcher, metadata.labels))
  if (guarded.length === 0)
    recorder.record({ object: budget, type: 'Normal', reason: 'NoPods', message: 'No matching pods found' })
  const scale = needsScale(budget) ? await scaleOf(budget, guarded, context) : 0
  const { pending, overdue, recheckMs } = evictionsOf(budget, guarded, now)
  for (const pod of overdue) {
    const { namespace } = budget.metadata
    const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
    recorder.record({ object: pod, type: 'Warning', reason: 'NotDeleted', message })
  }
  await write(budget, budgetStatus(budget, { pods: guarded, pending, scale, now }), context)
  return recheckMs === undefined ? undefined : { requeueAfter: recheckMs + 1 }
}

async function scaleOf(
  budget: PodDisruptionBudget,
  guarded: readonly Pod[],
  context: ControllerContext,
): Promise<number> {
  const warn = (reason: string, message: string) =>
    context.recorder.record({ object: budget, type: 'Warning', reason, message })
  try {
    const { scale, unmanaged } = await expectedScale(guarded, context)
    if (unmanaged.length > 0)
      warn(
        'UnmanagedPods',
        `Pods selected by this PodDisruptionBudget (selector: ${printLabelSelector(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
      )
    return scale
  } catch (error) {
    warn('CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`)
    throw error
  }
}

async function write(
  budget: PodDisruptionBudget,
  status: NonNullable<PodDisruptionBudget['status']>,
  { client }: ControllerContext,
): Promise<void> {
  if (!equalJson(status, budget.status))
    await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' })
}

function budgetsOf(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  return informer(podDisruptionBudgets)
    .list(pod.metadata.namespace)
    .filter(({ spec }) => matchesLabels(labelMatcherOf(spec?.selector), pod.metadata.labels))
    .map(({ metadata }) => metadata)
}
