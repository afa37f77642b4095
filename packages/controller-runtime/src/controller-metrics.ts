import { exponentialBuckets, type Metrics } from '@tandem/component-base/metrics/metrics'

/** Upstream's work queue metrics, by the controller's name, and how its reconciles ended. */
export interface ControllerMetrics {
  forController(name: string): {
    added(): void
    depth(length: number): void
    taken(waitedMs: number): void
    worked(ms: number, result: 'success' | 'requeue_after' | 'error'): void
  }
}

export function createControllerMetrics(metrics: Metrics): ControllerMetrics {
  const labels = ['name'] as const
  const buckets = exponentialBuckets(1e-5, 10, 10)
  const depth = metrics.gauge({ name: 'workqueue_depth', help: 'Current depth of workqueue', labels })
  const adds = metrics.counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labels,
  })
  const retries = metrics.counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labels,
  })
  const waited = metrics.histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested.',
    labels,
    buckets,
  })
  const worked = metrics.histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    labels,
    buckets,
  })
  return {
    forController: (name) => ({
      added: () => adds.inc({ name }),
      depth: (length) => depth.set({ name }, length),
      taken: (ms) => waited.observe({ name }, ms / 1000),
      worked(ms, result) {
        worked.observe({ name }, ms / 1000)
        if (result === 'error') retries.inc({ name })
      },
    }),
  }
}
