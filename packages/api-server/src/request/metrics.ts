import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DroppedWatchers } from '../registry/store.ts'

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
const durationLabels = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const
const requestLabels = [...durationLabels, 'code'] as const

interface Observed {
  inFlight(): { readOnly: number; mutating: number }
  droppedWatchers(): DroppedWatchers[]
}

/** The server's own figures, under upstream's names. */
export class RequestMetrics {
  readonly #requests
  readonly #durations
  readonly #longRunning

  constructor(metrics: Metrics, { inFlight, droppedWatchers }: Observed) {
    this.#requests = metrics.counter({
      name: 'apiserver_request_total',
      help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      labels: requestLabels,
    })
    this.#durations = metrics.histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      labels: durationLabels,
      buckets: durationBuckets,
    })
    this.#longRunning = metrics.gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Gauge of all active long-running apiserver requests broken out by verb and resource.',
      labels: ['verb', 'resource'],
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
    const labels = labelsOf(request)
    this.#requests.inc({ ...labels, code: String(reply.raw.statusCode) })
    if (!request.kube.longRunning) this.#durations.observe(labels, seconds)
  }

  /** Counts a long-running request until what is returned is called. */
  longRunning(request: FastifyRequest): () => void {
    const { verb, resource } = request.kube.info
    const labels = { verb: verb.toUpperCase(), resource }
    this.#longRunning.inc(labels)
    return () => this.#longRunning.dec(labels)
  }
}

function labelsOf({ kube }: FastifyRequest) {
  const { info } = kube
  const scope = !info.isResourceRequest ? '' : info.name ? 'resource' : info.namespace ? 'namespace' : 'cluster'
  return {
    verb: verbNames[info.verb] ?? info.verb.toUpperCase(),
    dry_run: kube.parameter('dryRun') ?? '',
    group: info.apiGroup,
    version: info.apiVersion,
    resource: info.resource,
    subresource: info.isResourceRequest ? info.subresource : '',
    scope,
    component: 'apiserver',
  }
}

const verbNames: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}
