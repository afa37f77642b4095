import { exponentialBuckets, type Metrics } from '@tandem/component-base/metrics/metrics'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'

/** Upstream's metrics of a scheduler. */
export function schedulerMetrics(metrics: Metrics, queue: () => SchedulingQueue | undefined) {
  metrics.gauge({
    name: 'scheduler_pending_pods',
    help: "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
    labels: ['queue'],
    collect(gauge) {
      for (const [name, depth] of Object.entries(queue()?.depth ?? {})) gauge.set({ queue: name }, depth)
    },
  })
  return {
    attempts: metrics.counter({
      name: 'scheduler_schedule_attempts_total',
      help: "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      labels: ['result', 'profile'],
    }),
    attemptDuration: metrics.histogram({
      name: 'scheduler_scheduling_attempt_duration_seconds',
      help: 'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
      labels: ['result', 'profile'],
      buckets: exponentialBuckets(0.001, 2, 15),
    }),
    algorithmDuration: metrics.histogram({
      name: 'scheduler_scheduling_algorithm_duration_seconds',
      help: 'Scheduling algorithm latency in seconds',
      buckets: exponentialBuckets(0.001, 2, 15),
    }),
    sliDuration: metrics.histogram({
      name: 'scheduler_pod_scheduling_sli_duration_seconds',
      help: 'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
      labels: ['attempts'],
      buckets: exponentialBuckets(0.01, 2, 20),
    }),
    podAttempts: metrics.histogram({
      name: 'scheduler_pod_scheduling_attempts',
      help: 'Number of attempts to successfully schedule a pod.',
      buckets: exponentialBuckets(1, 2, 5),
    }),
    preemptionAttempts: metrics.counter({
      name: 'scheduler_preemption_attempts_total',
      help: 'Total preemption attempts in the cluster till now',
    }),
    preemptionVictims: metrics.histogram({
      name: 'scheduler_preemption_victims',
      help: 'Number of selected preemption victims',
      buckets: exponentialBuckets(1, 2, 7),
    }),
  }
}

export type SchedulerMetrics = ReturnType<typeof schedulerMetrics>
