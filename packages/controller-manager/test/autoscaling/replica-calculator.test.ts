import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import type { PodMetrics } from '../../src/autoscaling/pod-groups.ts'
import {
  averageReplicas,
  type PerPodInput,
  shareReplicas,
  utilizationReplicas,
  valueReplicas,
} from '../../src/autoscaling/replica-calculator.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const at = (secondsAgo: number): string => `${new Date(now - secondsAgo * 1000).toISOString().slice(0, 19)}Z`

interface Shape {
  phase?: 'Pending' | 'Running' | 'Failed'
  ready?: 'True' | 'False' | 'none'
  /** Seconds ago. */
  started?: number
  changed?: number
  deleting?: true
  request?: string
}

const podOf = (name: string, shape: Shape = {}): Pod => {
  const { phase = 'Running', ready = 'True', started = 3600, changed = 3590, deleting, request = '1000m' } = shape
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: at(started),
      ...(deleting && { deletionTimestamp: at(1) }),
    },
    spec: {
      containers: [{ name: 'main', image: 'app:1', resources: { requests: { cpu: request, memory: '100Mi' } } }],
    },
    status: {
      phase,
      startTime: at(started),
      conditions: ready === 'none' ? [] : [{ type: 'Ready', status: ready, lastTransitionTime: at(changed) }],
    },
  }
}

/** Millicores by pod, `undefined` for one without metrics. All were measured 15 seconds ago over 30 seconds. */
const metricsOf = (pods: readonly Pod[], values: readonly (number | undefined)[]): PodMetrics =>
  new Map(
    values.flatMap((value, index) =>
      value === undefined
        ? []
        : [[pods[index]?.metadata.name ?? `gone-${index}`, { value, time: now - 15_000, windowMs: 30_000 }] as const],
    ),
  )

const inputOf = (
  shapes: readonly Shape[],
  values: readonly (number | undefined)[],
  { currentReplicas = shapes.length, isCpu = true, tolerance = 0.1 } = {},
): PerPodInput => {
  const pods = shapes.map((shape, index) => podOf(`pod-${index}`, shape))
  return {
    currentReplicas,
    tolerances: { scaleDown: tolerance, scaleUp: tolerance },
    pods,
    metrics: metricsOf(pods, values),
    grouping: { isCpu, now, cpuInitializationMs: 120_000, initialReadinessMs: 10_000 },
  }
}

const ready: Shape = {}
/** Started a minute ago and not ready yet. */
const starting: Shape = { ready: 'False', started: 60, changed: 60 }

const rows: {
  name: string
  shapes: readonly Shape[]
  values: readonly (number | undefined)[]
  target: number
  more?: Parameters<typeof inputOf>[2]
  expected: { replicas: number; averageUtilization?: number; averageValue?: number } | string
}[] = [
  {
    name: 'up by the ratio',
    shapes: [ready, ready, ready],
    values: [300, 500, 700],
    target: 30,
    expected: { replicas: 5, averageUtilization: 50, averageValue: 500 },
  },
  {
    name: 'down by the ratio',
    shapes: [ready, ready, ready, ready, ready],
    values: [100, 300, 500, 250, 250],
    target: 50,
    expected: { replicas: 3, averageUtilization: 28, averageValue: 280 },
  },
  {
    name: 'within the tolerance',
    shapes: [ready, ready, ready],
    values: [1010, 1030, 1020],
    target: 100,
    expected: { replicas: 3, averageUtilization: 102, averageValue: 1020 },
  },
  {
    name: 'no tolerance at all',
    shapes: [ready, ready, ready],
    values: [1010, 1030, 1020],
    target: 100,
    more: { tolerance: 0 },
    expected: { replicas: 4 },
  },
  {
    name: 'starting pods do not count, and damp a rise',
    shapes: [ready, ready, starting],
    values: [700, 700, 900],
    target: 30,
    expected: { replicas: 5, averageUtilization: 70, averageValue: 700 },
  },
  {
    name: 'so many are starting that it stays',
    shapes: [ready, starting, starting],
    values: [400, 500, 700],
    target: 30,
    expected: { replicas: 3, averageUtilization: 40 },
  },
  {
    name: 'pending pods are as starting ones',
    shapes: [ready, ready, { phase: 'Pending', ready: 'none' }],
    values: [900, 900, undefined],
    target: 30,
    expected: { replicas: 6, averageUtilization: 90 },
  },
  {
    name: 'failed pods are not there',
    shapes: [ready, ready, { phase: 'Failed' }],
    values: [500, 700, 900],
    target: 30,
    more: { currentReplicas: 2 },
    expected: { replicas: 4, averageUtilization: 60 },
  },
  {
    name: 'nor are those being deleted',
    shapes: [ready, ready, { deleting: true }],
    values: [500, 700, 900],
    target: 30,
    more: { currentReplicas: 2 },
    expected: { replicas: 4, averageUtilization: 60 },
  },
  {
    name: 'missing metrics count as nothing on the way up',
    shapes: [ready, ready, ready, ready],
    values: [800, 800, undefined, undefined],
    target: 30,
    expected: { replicas: 6, averageUtilization: 80 },
  },
  {
    name: 'and as all of the request on the way down',
    shapes: [ready, ready, ready, ready, ready],
    values: [100, 300, 100, 300, undefined],
    target: 60,
    expected: { replicas: 3, averageUtilization: 20 },
  },
  {
    name: 'or as the target where that is more',
    shapes: [ready, ready, ready, ready],
    values: [100, 100, 100, undefined],
    target: 200,
    expected: { replicas: 2, averageUtilization: 10 },
  },
  {
    name: 'a missing one would turn the direction: it stays',
    shapes: [ready, ready],
    values: [450, undefined],
    target: 60,
    expected: { replicas: 2, averageUtilization: 45 },
  },
  {
    name: 'more metrics than replicas do not make a fall a rise',
    shapes: [ready, ready, ready, ready],
    values: [800, 800, 800, undefined],
    target: 100,
    more: { currentReplicas: 2 },
    expected: { replicas: 2 },
  },
  {
    name: 'was ready before and is not: it counts',
    shapes: [ready, { ready: 'False', started: 3600, changed: 10 }],
    values: [600, 600],
    target: 30,
    expected: { replicas: 4, averageUtilization: 60 },
  },
  {
    name: 'never was ready, though started long ago: it does not',
    shapes: [ready, { ready: 'False', started: 3600, changed: 3595 }],
    values: [1000, 100],
    target: 50,
    expected: { replicas: 2, averageUtilization: 100 },
  },
  {
    name: 'ready, but not measured wholly since: it does not count yet',
    shapes: [ready, { ready: 'True', started: 60, changed: 30 }],
    values: [900, 100],
    target: 30,
    expected: { replicas: 3, averageUtilization: 90 },
  },
  {
    name: 'without a condition it is starting',
    shapes: [ready, { ready: 'none' }],
    values: [900, 900],
    target: 30,
    expected: { replicas: 3, averageUtilization: 90 },
  },
  {
    name: 'readiness says nothing of memory and the like',
    shapes: [ready, starting],
    values: [600, 600],
    target: 30,
    more: { isCpu: false },
    expected: { replicas: 4, averageUtilization: 60 },
  },
  {
    name: 'a pod that is measured and gone counts for nothing',
    shapes: [ready],
    values: [600, 5000],
    target: 30,
    expected: { replicas: 2, averageUtilization: 60 },
  },
  {
    name: 'no pods',
    shapes: [],
    values: [],
    target: 30,
    expected: 'no pods returned by selector while calculating replica count',
  },
  {
    name: 'nothing measured',
    shapes: [starting],
    values: [500],
    target: 30,
    expected: 'did not receive metrics for targeted pods (pods might be unready)',
  },
  {
    name: 'nobody asked for any',
    shapes: [{ request: '0' }],
    values: [500],
    target: 30,
    expected: 'no metrics returned matched known pods',
  },
]
for (const { name, shapes, values, target, more, expected } of rows)
  t.test(`utilization: ${name}`, async (t) => {
    const propose = () =>
      utilizationReplicas(inputOf(shapes, values, more), { target, resource: 'cpu', container: undefined })
    if (typeof expected === 'string') t.throws(propose, { message: expected })
    else t.match(propose(), expected)
  })

const averages: {
  name: string
  shapes: readonly Shape[]
  values: readonly (number | undefined)[]
  expected: object
}[] = [
  {
    name: 'up',
    shapes: [ready, ready, ready],
    values: [20_000, 10_000, 30_000],
    expected: { replicas: 4, averageValue: 20_000 },
  },
  { name: 'down', shapes: [ready, ready, ready, ready], values: [5000, 5000, 5000, 5000], expected: { replicas: 2 } },
  { name: 'near enough', shapes: [ready, ready], values: [15_500, 15_000], expected: { replicas: 2 } },
  {
    name: 'missing ones have the target on the way down',
    shapes: [ready, ready, ready],
    values: [5000, 5000, undefined],
    expected: { replicas: 2 },
  },
  {
    name: 'and nothing on the way up',
    shapes: [ready, ready, ready],
    values: [45_000, 45_000, undefined],
    expected: { replicas: 6 },
  },
]
for (const { name, shapes, values, expected } of averages)
  t.test(`average: ${name}`, async (t) => {
    t.match(averageReplicas(inputOf(shapes, values, { isCpu: false }), 15_000), expected)
  })

const containers: { name: string; spec: Partial<Pod['spec']>; container?: string; expected: number | string }[] = [
  { name: 'all containers', spec: {}, expected: 20 },
  { name: 'one of them', spec: {}, container: 'second', expected: 33 },
  { name: 'one that is not there', spec: {}, container: 'third', expected: 'container third not found in Pod pod' },
  {
    name: 'one without a request',
    spec: { containers: [{ name: 'main', image: 'app:1' }] },
    expected: 'missing request for cpu in container main of Pod pod',
  },
  {
    name: 'sidecars are asked too, what only starts the pod is not',
    spec: {
      initContainers: [
        { name: 'once', image: 'app:1' },
        { name: 'beside', image: 'app:1', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
      ],
    },
    expected: 10,
  },
  { name: 'the pod as a whole', spec: { resources: { requests: { cpu: '2' } } }, expected: 5 },
  {
    name: 'the pod as a whole, without this one',
    spec: { resources: { requests: { memory: '1Gi' } } },
    expected: 20,
  },
]
for (const { name, spec, container, expected } of containers)
  t.test(`what is requested: ${name}`, async (t) => {
    const base = podOf('pod')
    const requests = (cpu: string) => ({ image: 'app:1', resources: { requests: { cpu } } })
    const pod: Pod = {
      ...base,
      spec: {
        ...base.spec,
        containers: [
          { name: 'main', ...requests('200m') },
          { name: 'second', ...requests('300m') },
        ],
        ...spec,
      },
    }
    const input = {
      ...inputOf([ready], []),
      pods: [pod],
      metrics: new Map([['pod', { value: 100, time: now, windowMs: 1 }]]),
    }
    const propose = () => utilizationReplicas(input, { target: 50, resource: 'cpu', container }).averageUtilization
    if (typeof expected === 'string') t.throws(propose, { message: expected })
    else t.equal(propose(), expected)
  })

const tolerances = { scaleDown: 0.1, scaleUp: 0.1 }
const pods = [podOf('a'), podOf('b'), podOf('c', { ready: 'False' })]
const totals: { name: string; found: object; expected: object }[] = [
  {
    name: 'one value for all: times those that are ready',
    found: valueReplicas({ currentReplicas: 3, tolerances, pods, value: 30_000, target: 10_000 }),
    expected: { replicas: 6, value: 30_000 },
  },
  {
    name: 'near enough',
    found: valueReplicas({ currentReplicas: 3, tolerances, pods, value: 10_500, target: 10_000 }),
    expected: { replicas: 3 },
  },
  {
    name: 'from zero, the ratio itself',
    found: valueReplicas({ currentReplicas: 0, tolerances, pods: [], value: 25_000, target: 10_000 }),
    expected: { replicas: 3 },
  },
  {
    name: 'shares: as many as the value holds',
    found: shareReplicas({ statusReplicas: 3, tolerances, value: 81_000, target: 20_000 }),
    expected: { replicas: 5, averageValue: 27_000 },
  },
  {
    name: 'shares: near enough',
    found: shareReplicas({ statusReplicas: 4, tolerances, value: 81_000, target: 20_000 }),
    expected: { replicas: 4, averageValue: 20_250 },
  },
]
for (const { name, found, expected } of totals) t.test(`total: ${name}`, async (t) => t.match(found, expected))

t.test('more pods than numbers for them', async (t) => {
  const { replicas } = valueReplicas({
    currentReplicas: 1,
    tolerances,
    pods,
    value: Number.MAX_SAFE_INTEGER,
    target: 1,
  })
  t.equal(replicas, 2 ** 31 - 1)
})
