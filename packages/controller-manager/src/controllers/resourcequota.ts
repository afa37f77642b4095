import type { QuotaEvaluator } from '@tandem/api/core/v1/quota/evaluator'
import { resourcesOfQuota } from '@tandem/api/core/v1/quota/evaluators'
import { resourceQuotas } from '@tandem/api/core/v1/resourcequota'
import type { ResourceQuota } from '@tandem/api/core/v1/types'
import { type KubernetesObject, keyOf } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { QuotaMonitors } from '../resource-quota/monitors.ts'
import { CountSchedule, resyncMs } from '../resource-quota/schedule.ts'
import { isUnanswered, quotaStatus, sameAmounts } from '../resource-quota/usage.ts'

interface State {
  monitors: QuotaMonitors
  schedule: CountSchedule
}

const stateOf = perRun<State>((context) => {
  const schedule = new CountSchedule()
  const changed = (resource: string, namespace: string, how: 'appeared' | 'changed') => {
    for (const { metadata, spec } of context.informer(resourceQuotas).list(namespace)) {
      if (!resourcesOfQuota(Object.keys(spec.hard ?? {})).includes(resource)) continue
      context.enqueue(metadata, schedule.note(keyOf(metadata), how, context.clock.monotonic()))
    }
  }
  return { schedule, monitors: new QuotaMonitors({ context, changed }) }
})

/** Counts what a namespace uses of its quotas: when they change, and when something goes that was charged. */
export const controller: Controller<ResourceQuota> = {
  name: 'resourcequota-controller',
  for: resourceQuotas,
  permissions: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['resourcequotas/status'], verbs: ['update'] },
    eventRule,
  ],
  async reconcile(key, context) {
    const { clock, client, informer } = context
    const { schedule } = stateOf(context)
    const id = keyOf(key)
    const quota = informer(resourceQuotas).get(key)
    if (!quota) {
      schedule.forget(id)
      return undefined
    }
    // That admission wrote a status is no reason to count: what it charged for is not there yet.
    const now = clock.monotonic()
    const wait = schedule.waitFor(id, { version: quota.metadata.resourceVersion ?? '', now })
    if (wait > 0 && !isUnanswered(quota)) return { requeueAfter: wait }
    // Before, not after: what changes meanwhile is a reason to count again.
    schedule.counted(id, now)
    try {
      const status = quotaStatus(quota, await objectsOf(quota, context), clock.now())
      if (isUnanswered(quota) || !sameAmounts(status.used, quota.status?.used))
        await client.update(resourceQuotas, { ...quota, status }, { subresource: 'status' })
    } catch (error) {
      schedule.note(id, 'changed', now)
      throw error
    }
    return { requeueAfter: resyncMs }
  },
}

async function objectsOf(
  { metadata, spec }: ResourceQuota,
  context: ControllerContext,
): Promise<Map<QuotaEvaluator, readonly KubernetesObject[]>> {
  const objects = new Map<QuotaEvaluator, readonly KubernetesObject[]>()
  for (const resource of resourcesOfQuota(Object.keys(spec.hard ?? {}))) {
    const monitor = await stateOf(context).monitors.monitor(resource)
    if (monitor) objects.set(monitor.evaluator, monitor.informer.list(metadata.namespace))
  }
  return objects
}
