import type { Clock, Logger } from '@tandem/component-base'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { PodEvents } from '../lifecycle/pod-events.ts'
import type { EvictionOptions } from '../options.ts'
import type { PodWorkers } from '../pod-worker/pod-workers.ts'
import { EvictionManager } from './eviction-manager.ts'
import type { NodeObserver } from './node-observer.ts'

export interface NodeEvictionsOptions {
  settings: EvictionOptions
  observer: NodeObserver
  workers: Pick<PodWorkers, 'active' | 'worker'>
  events: PodEvents
  metrics: Metrics
  reclaimDisk(): Promise<void>
  onAttempt(resource: string): void
  onConditions(): void
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

/** Evictions of this node's own pods: seen by its observer, done by its pod workers, told as events and counted. */
export function nodeEvictions({ settings, observer, workers, events, metrics, ...rest }: NodeEvictionsOptions) {
  const count = metrics.counter({
    name: 'kubelet_evictions',
    help: 'Cumulative number of pod evictions by eviction signal',
    labels: ['eviction_signal'],
  })
  return new EvictionManager({
    ...settings,
    ...rest,
    observe: () => observer.observe(),
    uses: (pods, which) => observer.uses(pods, which),
    dedicatedImageFs: () => observer.dedicatedImageFs(),
    pods: () => workers.active,
    evict(pod, { message, annotations, signal, gracePeriodSeconds, disruption }) {
      count.inc({ eviction_signal: signal })
      events.record(pod, { type: 'Warning', reason: 'Evicted', message, annotations })
      const end = { reason: 'Evicted', message, gracePeriodSeconds, ...(disruption && { disruption: { message } }) }
      workers.worker(pod.metadata.uid)?.end(end)
    },
    isOver: ({ metadata }) => workers.worker(metadata.uid)?.stage !== 'terminating',
  })
}
