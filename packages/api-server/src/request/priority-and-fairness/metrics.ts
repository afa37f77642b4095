import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { Histogram } from '../histogram.ts'
import type { RequestCounts } from '../request-counts.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { FlowStatistics } from './flow-statistics.ts'
import type { PriorityLevel } from './priority-level.ts'

const prefix = 'apiserver_flowcontrol_'

type LevelFigure = readonly [name: string, help: string, value: (level: PriorityLevel) => number]

const levelFigures: readonly LevelFigure[] = [
  [
    'nominal_limit_seats',
    'Nominal number of execution seats configured for each priority level',
    (l) => l.nominalSeats,
  ],
  [
    'request_concurrency_limit',
    'Nominal number of execution seats configured for each priority level',
    (l) => l.nominalSeats,
  ],
  [
    'lower_limit_seats',
    'Configured lower bound on number of execution seats available to each priority level',
    (l) => l.lowerSeats,
  ],
  [
    'upper_limit_seats',
    'Configured upper bound on number of execution seats available to each priority level',
    (l) => l.upperSeats,
  ],
  [
    'current_limit_seats',
    'current derived number of execution seats available to each priority level',
    (l) => l.currentSeats,
  ],
  ['target_seats', 'Seat allocation targets', (l) => l.target],
  [
    'demand_seats_high_watermark',
    'High watermark, over last adjustment period, of demand_seats',
    (l) => l.demand.highWatermark,
  ],
  [
    'demand_seats_average',
    'Time-weighted average, over last adjustment period, of demand_seats',
    (l) => l.demand.average,
  ],
  [
    'demand_seats_stdev',
    'Time-weighted standard deviation, over last adjustment period, of demand_seats',
    (l) => l.demand.deviation,
  ],
  ['demand_seats_smoothed', 'Smoothed seat demands', (l) => l.demand.smoothed],
  ['current_r', 'R(time of last change)', (l) => l.queueSet.virtualTime],
]

type FlowFigure = readonly [
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: (flow: FlowStatistics) => number,
]

const flowFigures: readonly FlowFigure[] = [
  [
    'counter',
    'dispatched_requests_total',
    'Number of requests executed by API Priority and Fairness subsystem',
    (f) => f.dispatched,
  ],
  [
    'counter',
    'request_dispatch_no_accommodation_total',
    'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats',
    (f) => f.noAccommodation,
  ],
  [
    'gauge',
    'current_inqueue_requests',
    'Number of requests currently pending in queues of the API Priority and Fairness subsystem',
    (f) => f.waiting,
  ],
  [
    'gauge',
    'current_inqueue_seats',
    'Number of seats currently pending in queues of the API Priority and Fairness subsystem',
    (f) => f.waitingSeats,
  ],
  [
    'gauge',
    'current_executing_requests',
    'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
    (f) => f.executing,
  ],
  [
    'gauge',
    'current_executing_seats',
    'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    (f) => f.executingSeats,
  ],
  [
    'gauge',
    'request_concurrency_in_use',
    'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    (f) => f.executingSeats,
  ],
]

type FlowHistogram = readonly [
  name: string,
  help: string,
  parts: (flow: FlowStatistics) => readonly { labels: Record<string, string>; histogram: Histogram }[],
]

const flowHistograms: readonly FlowHistogram[] = [
  [
    'request_wait_duration_seconds',
    'Length of time a request spent waiting in its queue',
    (f) => [
      { labels: { execute: 'true' }, histogram: f.waitedThenExecuted },
      { labels: { execute: 'false' }, histogram: f.waitedInVain },
    ],
  ],
  [
    'request_execution_seconds',
    'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
    (f) => [
      { labels: { type: 'regular' }, histogram: f.execution },
      { labels: { type: 'watch' }, histogram: f.watchInitialization },
    ],
  ],
  [
    'request_queue_length_after_enqueue',
    'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
    (f) => [{ labels: {}, histogram: f.queueLength }],
  ],
  [
    'work_estimated_seats',
    'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
    (f) => [{ labels: {}, histogram: f.estimatedSeats }],
  ],
  [
    'watch_count_samples',
    'count of watchers for mutating requests in API Priority and Fairness',
    (f) => [{ labels: {}, histogram: f.watchCounts }],
  ],
]

/** Tells readers of metrics what the levels have counted. Nothing is done for them before they ask. */
export function describeDispatcher(metrics: Metrics, dispatcher: Dispatcher, counts: RequestCounts): void {
  const flows = (): FlowStatistics[] => dispatcher.levels.flatMap((level) => [...level.flows])
  for (const [name, help, value] of levelFigures)
    metrics.collected({
      name: prefix + name,
      help,
      type: 'gauge',
      collect: () =>
        dispatcher.levels.map((level) => ({ labels: { priority_level: level.name }, value: value(level) })),
    })
  for (const [type, name, help, value] of flowFigures)
    metrics.collected({
      name: prefix + name,
      help,
      type,
      collect: () => flows().map((flow) => ({ labels: labelsOf(flow), value: value(flow) })),
    })
  for (const [name, help, parts] of flowHistograms)
    metrics.collected({
      name: prefix + name,
      help,
      type: 'histogram',
      collect: () =>
        flows().flatMap((flow) =>
          parts(flow).flatMap(({ labels, histogram }) =>
            histogram.samples(prefix + name, { ...labelsOf(flow), ...labels }),
          ),
        ),
    })
  metrics.collected({
    name: `${prefix}rejected_requests_total`,
    help: 'Number of requests rejected by API Priority and Fairness subsystem',
    type: 'counter',
    collect: () =>
      flows().flatMap((flow) =>
        Object.entries(flow.rejected)
          .filter(([, value]) => value > 0)
          .map(([reason, value]) => ({ labels: { ...labelsOf(flow), reason }, value })),
      ),
  })
  metrics.collected({
    name: `${prefix}seat_fair_frac`,
    help: "Fair fraction of server's concurrency to allocate to each priority level that can use it",
    type: 'gauge',
    collect: () => [{ labels: {}, value: dispatcher.fairFraction }],
  })
  metrics.collected({
    name: 'apiserver_current_inqueue_requests',
    help: 'Maximal number of queued requests in this apiserver per request kind in last second.',
    type: 'gauge',
    collect: () => Object.entries(counts.waiting).map(([kind, value]) => ({ labels: { request_kind: kind }, value })),
  })
}

const labelsOf = ({ level, schema }: FlowStatistics) => ({ priority_level: level, flow_schema: schema })
