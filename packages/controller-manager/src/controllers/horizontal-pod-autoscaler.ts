import { horizontalPodAutoscalers } from '@tandem/api/autoscaling/v2/horizontalpodautoscaler'
import type { HorizontalPodAutoscaler } from '@tandem/api/autoscaling/v2/types'
import { keyOf } from '@tandem/apimachinery'
import { type Controller, perRun } from '@tandem/controller-runtime'
import { Autoscaling } from '../autoscaling/sync-autoscaler.ts'
import { SyncSchedule } from '../autoscaling/sync-schedule.ts'
import { eventRule } from '../permissions.ts'

const stateOf = perRun((context) => ({ autoscaling: new Autoscaling(context), schedule: new SyncSchedule() }))

/** Gives a target the number of replicas that metrics of its pods, of another object or of something outside call for. */
export const controller: Controller<HorizontalPodAutoscaler> = {
  name: 'horizontal-pod-autoscaler-controller',
  role: 'horizontal-pod-autoscaler',
  eventSource: 'horizontal-pod-autoscaler',
  for: horizontalPodAutoscalers,
  permissions: [
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers/status'], verbs: ['update'] },
    { apiGroups: ['*'], resources: ['*/scale'], verbs: ['get', 'update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: ['list', 'watch'] },
    {
      apiGroups: ['custom.metrics.k8s.io', 'external.metrics.k8s.io'],
      resources: ['*'],
      verbs: ['get', 'list', 'watch'],
    },
    eventRule,
  ],
  async reconcile(key, context) {
    const { autoscaling, schedule } = stateOf(context)
    const { syncPeriodMs } = autoscaling.settings
    const autoscaler = context.informer(horizontalPodAutoscalers).get(key)
    if (!autoscaler) {
      autoscaling.forget(key)
      schedule.forget(keyOf(key))
      return undefined
    }
    const wait = schedule.waitFor(autoscaler, context.clock.monotonic())
    if (wait > 0) return { requeueAfter: wait }
    schedule.begin(autoscaler, { now: context.clock.monotonic(), syncPeriodMs })
    // What failed is tried again at the next round, neither sooner nor later.
    await autoscaling.sync(autoscaler).catch((error: unknown) => {
      if (!context.signal.aborted) context.logger.debug({ key: keyOf(key), error }, 'autoscaler could not be synced')
    })
    return { requeueAfter: syncPeriodMs }
  },
}
