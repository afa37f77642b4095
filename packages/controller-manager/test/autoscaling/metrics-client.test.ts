import type { HorizontalPodAutoscaler, MetricSpec } from '@tandem/api/autoscaling/v2/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { genericNotFound } from '@tandem/apimachinery'
import type { Client, RawRequest } from '@tandem/client'
import t from 'tap'
import { combineMetrics, invalidMetrics } from '../../src/autoscaling/all-metrics.ts'
import { MetricError, type MetricProposal, proposalFor } from '../../src/autoscaling/metric-proposal.ts'
import { MetricsClient } from '../../src/autoscaling/metrics-client.ts'
import { printedSelector } from '../../src/autoscaling/printed-selector.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const timestamp = '2026-01-01T11:59:45Z'

interface Served {
  /** By path with its query. */
  answers: Readonly<Record<string, unknown>>
  usage?: readonly object[]
}

/** A client of a server that serves these and nothing else. */
const clientOf = ({ answers, usage }: Served): Client =>
  ({
    async list() {
      if (!usage) throw genericNotFound()
      return { items: usage }
    },
    async request({ path, query = {} }: RawRequest) {
      const pairs = Object.entries(query).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []))
      const asked = pairs.length > 0 ? `${path}?${pairs.join('&')}` : path
      if (!(asked in answers)) throw genericNotFound()
      return answers[asked]
    },
  }) as unknown as Client

const apis = { '/apis': { groups: [{ name: 'custom.metrics.k8s.io', preferredVersion: { version: 'v1beta2' } }] } }
const core = {
  groupVersion: 'v1',
  resources: [{ name: 'services', singularName: 'service', kind: 'Service', namespaced: true, verbs: ['get'] }],
}
const custom = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop'
const external = '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop'

const pods: readonly Pod[] = ['a', 'b'].map((name) => ({
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: timestamp },
  spec: { containers: [{ name: 'main', image: 'app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
  status: {
    phase: 'Running',
    startTime: '2026-01-01T11:00:00Z',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T11:00:10Z' }],
  },
}))
const usage = pods.map(({ metadata }) => ({
  metadata,
  timestamp,
  window: '15s',
  containers: [
    { name: 'main', usage: { cpu: '80m', memory: '32Mi' } },
    { name: 'beside', usage: { cpu: '40m', memory: '16Mi' } },
  ],
}))
const value = (name: string, amount: string) => ({ describedObject: { name }, timestamp, value: amount })

const autoscaler: HorizontalPodAutoscaler = {
  metadata: { name: 'web', namespace: 'shop', uid: 'h', resourceVersion: '1', creationTimestamp: timestamp },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 10 },
}
const propose = (spec: MetricSpec, served: Served): Promise<MetricProposal> =>
  proposalFor(spec, {
    autoscaler,
    metrics: new MetricsClient(clientOf(served)),
    specReplicas: 2,
    statusReplicas: 2,
    selector: 'app=web',
    pods,
    tolerance: 0.1,
    readiness: { cpuInitializationMs: 300_000, initialReadinessMs: 30_000 },
    now,
  })

const service = { kind: 'Service', name: 'front', apiVersion: 'v1' }
const rows: { name: string; spec: MetricSpec; served: Served; expected: MetricProposal }[] = [
  {
    name: 'a resource, by what is requested',
    spec: { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    served: { answers: {}, usage },
    expected: {
      replicas: 4,
      name: 'cpu resource utilization (percentage of request)',
      status: {
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 120, averageValue: '120m' } },
      },
    },
  },
  {
    name: 'a resource, by amount',
    spec: { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '24Mi' } } },
    served: { answers: {}, usage },
    expected: {
      replicas: 4,
      name: 'memory resource',
      status: { type: 'Resource', resource: { name: 'memory', current: { averageValue: '48Mi' } } },
    },
  },
  {
    name: 'a resource of one container',
    spec: {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'main', target: { type: 'Utilization', averageUtilization: 80 } },
    },
    served: { answers: {}, usage },
    expected: {
      replicas: 2,
      name: 'cpu container resource utilization (percentage of request)',
      status: {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'main', current: { averageUtilization: 80, averageValue: '80m' } },
      },
    },
  },
  {
    name: 'a metric of pods',
    spec: { type: 'Pods', pods: { metric: { name: 'orders' }, target: { type: 'AverageValue', averageValue: '10' } } },
    served: {
      answers: {
        ...apis,
        [`${custom}/pods/*/orders?labelSelector=app=web`]: { items: [value('a', '25'), value('b', '15')] },
      },
    },
    expected: {
      replicas: 4,
      name: 'pods metric orders',
      status: { type: 'Pods', pods: { metric: { name: 'orders' }, current: { averageValue: '20' } } },
    },
  },
  {
    name: 'a metric of an object',
    spec: {
      type: 'Object',
      object: { metric: { name: 'hits' }, describedObject: service, target: { type: 'Value', value: '100' } },
    },
    served: {
      answers: { ...apis, '/api/v1': core, [`${custom}/services/front/hits`]: { items: [value('front', '150')] } },
    },
    expected: {
      replicas: 3,
      name: 'Service metric hits',
      status: {
        type: 'Object',
        object: { metric: { name: 'hits' }, describedObject: service, current: { value: '150' } },
      },
    },
  },
  {
    name: 'a metric of the namespace, shared',
    spec: {
      type: 'Object',
      object: {
        metric: { name: 'hits', selector: { matchLabels: { verb: 'GET' } } },
        describedObject: { kind: 'Namespace', name: 'other', apiVersion: 'v1' },
        target: { type: 'AverageValue', averageValue: '50' },
      },
    },
    served: {
      answers: { ...apis, [`${custom}/metrics/hits?metricLabelSelector=verb=GET`]: { items: [value('shop', '190')] } },
    },
    expected: {
      replicas: 4,
      name: 'external metric hits(&LabelSelector{MatchLabels:map[string]string{verb: GET,},MatchExpressions:[]LabelSelectorRequirement{},})',
      status: {
        type: 'Object',
        object: {
          metric: { name: 'hits', selector: { matchLabels: { verb: 'GET' } } },
          describedObject: { kind: 'Namespace', name: 'other', apiVersion: 'v1' },
          current: { averageValue: '95' },
        },
      },
    },
  },
  {
    name: 'an external metric: the sum of its series',
    spec: { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '20' } } },
    served: { answers: { [`${external}/queue`]: { items: [value('', '12'), value('', '500m'), value('', '25')] } } },
    expected: {
      replicas: 4,
      name: 'external metric queue(nil)',
      status: { type: 'External', external: { metric: { name: 'queue' }, current: { value: '37500m' } } },
    },
  },
  {
    name: 'an external metric, shared',
    spec: {
      type: 'External',
      external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } },
    },
    served: { answers: { [`${external}/queue`]: { items: [value('', '75')] } } },
    expected: {
      replicas: 8,
      name: 'external metric queue(nil)',
      status: { type: 'External', external: { metric: { name: 'queue' }, current: { averageValue: '37500m' } } },
    },
  },
]
for (const { name, spec, served, expected } of rows)
  t.test(name, async (t) => t.strictSame(await propose(spec, served), expected))

const nothing: Served = { answers: { '/apis': { groups: [] } } }
const failures: { name: string; spec: MetricSpec; served: Served; reason: string; detail: string; message: string }[] =
  [
    {
      name: 'nobody serves resource metrics',
      spec: { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      served: nothing,
      reason: 'FailedGetResourceMetric',
      detail:
        'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
      message:
        'failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu',
    },
    {
      name: 'no pod is measured',
      spec: { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Mi' } } },
      served: { answers: {}, usage: [] },
      reason: 'FailedGetResourceMetric',
      detail:
        'failed to get memory usage: unable to get metrics for resource memory: no metrics returned from resource metrics API',
      message: 'failed to get memory resource metric value: failed to get memory usage',
    },
    {
      name: 'the container is in no pod',
      spec: {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'other', target: { type: 'Utilization', averageUtilization: 80 } },
      },
      served: { answers: {}, usage },
      reason: 'FailedGetContainerResourceMetric',
      detail: 'failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
      message: 'failed to get other container metric value: failed to get cpu utilization',
    },
    {
      name: 'nobody serves custom metrics',
      spec: {
        type: 'Pods',
        pods: { metric: { name: 'orders' }, target: { type: 'AverageValue', averageValue: '10' } },
      },
      served: nothing,
      reason: 'FailedGetPodsMetric',
      detail:
        'unable to get metric orders: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
      message: 'failed to get pods metric value: unable to get metric orders',
    },
    {
      name: 'the object has no such metric',
      spec: {
        type: 'Object',
        object: { metric: { name: 'hits' }, describedObject: service, target: { type: 'Value', value: '100' } },
      },
      served: { answers: { ...apis, '/api/v1': core, [`${custom}/services/front/hits`]: { items: [] } } },
      reason: 'FailedGetObjectMetric',
      detail:
        'unable to get metric hits: unable to fetch metrics from custom metrics API: the custom metrics API server returned 0 results when we asked for exactly one on Service shop/front',
      message: 'failed to get object metric value: unable to get metric hits',
    },
    {
      name: 'nobody serves external metrics',
      spec: {
        type: 'External',
        external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } },
      },
      served: nothing,
      reason: 'FailedGetExternalMetric',
      detail:
        'unable to get external metric shop/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)',
      message:
        'failed to get queue external metric value: failed to get queue external metric: unable to get external metric',
    },
    {
      name: 'a type that nobody knows',
      spec: { type: 'Weather' },
      served: nothing,
      reason: 'InvalidMetricSourceType',
      detail: 'unknown metric source type "Weather"',
      message: 'unknown metric source type "Weather"',
    },
  ]
for (const { name, spec, served, reason, detail, message } of failures)
  t.test(name, async (t) => {
    const error = await propose(spec, served).catch((error: unknown) => error)
    t.match(error, { reason, detail })
    t.ok(error instanceof MetricError && error.message.startsWith(message), String(error))
  })

const failed = new MetricError('FailedGetPodsMetric', {
  detail: 'no such metric',
  message: 'failed to get pods metric value: no such metric',
})
const wants = (replicas: number): MetricProposal => ({
  replicas,
  name: `metric ${replicas}`,
  status: { type: 'Resource' },
})
const combinations: {
  name: string
  outcomes: readonly (MetricProposal | MetricError)[]
  replicas: number | undefined
  active: object
}[] = [
  {
    name: 'the most of all',
    outcomes: [wants(3), wants(7), wants(5)],
    replicas: 7,
    active: {
      status: 'True',
      reason: 'ValidMetricFound',
      message: 'the HPA was able to successfully calculate a replica count from metric 7',
    },
  },
  { name: 'up, though one is missing', outcomes: [failed, wants(7)], replicas: 7, active: { status: 'True' } },
  {
    name: 'not down while one is missing',
    outcomes: [wants(3), failed],
    replicas: undefined,
    active: {
      status: 'False',
      reason: 'FailedGetPodsMetric',
      message: 'the HPA was unable to compute the replica count: no such metric',
    },
  },
  { name: 'none is there', outcomes: [failed, failed], replicas: undefined, active: { status: 'False' } },
]
for (const { name, outcomes, replicas, active } of combinations)
  t.test(`all metrics: ${name}`, async (t) => {
    const specs = outcomes.map(() => ({ type: 'Resource' }))
    const found = combineMetrics(specs, outcomes, 5)
    t.equal(found.replicas, replicas)
    t.match(found.active, active)
    t.equal(found.statuses.length, outcomes.length)
  })

t.test('what is said of missing metrics', async (t) => {
  t.equal(
    invalidMetrics([failed], 2),
    'invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: no such metric',
  )
})

t.test('selectors as Go prints them', async (t) => {
  t.equal(
    printedSelector({
      matchLabels: { b: '2', a: '1' },
      matchExpressions: [{ key: 'env', operator: 'In', values: ['x', 'y'] }],
    }),
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:env,Operator:In,Values:[x y],},},}',
  )
})
