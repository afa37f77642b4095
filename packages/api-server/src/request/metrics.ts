import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DroppedWatchers } from '../registry/store.ts'
import { OngoingRequests } from './ongoing.ts'
import { RequestSeries } from './request-series.ts'

const durationName = 'apiserver_request_duration_seconds'

interface Observed {
  inFlight(): { readOnly: number; mutating: number }
  droppedWatchers(): DroppedWatchers[]
}

/** The server's own figures, under upstream's names. */
export class RequestMetrics {
  readonly #requests = new RequestSeries()
  readonly #longRunning = new OngoingRequests()

  constructor(metrics: Metrics, { inFlight, droppedWatchers }: Observed) {
    metrics.collected({
      name: 'apiserver_request_total',
      help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      type: 'counter',
      collect: () => this.#requests.totals(),
    })
    metrics.collected({
      name: durationName,
      help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      type: 'histogram',
      collect: () => this.#requests.durations(durationName),
    })
    metrics.collected({
      name: 'apiserver_longrunning_requests',
      help: 'Gauge of all active long-running apiserver requests broken out by verb and resource.',
      type: 'gauge',
      collect: () => this.#longRunning.samples(),
    })
    metrics.gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      labels: ['request_kind'],
      collect(gauge) {
        const { readOnly, mutating } = inFlight()
        gauge.set({ request_kind: 'readOnly' }, readOnly)
        gauge.set({ request_kind: 'mutating' }, mutating)
      },
    })
    metrics.collected({
      name: 'apiserver_terminated_watchers_total',
      help: 'Counter of watchers closed due to unresponsiveness broken by resource type.',
      type: 'counter',
      collect: () =>
        droppedWatchers()
          .filter(({ count }) => count > 0)
          .map(({ group, resource, count }) => ({ labels: { group, resource }, value: count })),
    })
  }

  /** Counts a request when its answer is out. */
  observe(request: FastifyRequest, reply: FastifyReply, seconds: number): void {
    this.#requests.observe(request.kube, reply.raw.statusCode, seconds)
  }

  /** Counts a long-running request until what is returned is called. */
  longRunning(request: FastifyRequest): () => void {
    return this.#longRunning.begin(request.kube.info)
  }
}
