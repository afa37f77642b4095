import t from 'tap'
import { horizontalPodAutoscalers as v1 } from '../../../src/autoscaling/v1/horizontalpodautoscaler.ts'
import { horizontalPodAutoscalers as v2 } from '../../../src/autoscaling/v2/horizontalpodautoscaler.ts'
import { created, faults, noon, row } from '../../rules.ts'

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
const spec = { scaleTargetRef, maxReplicas: 5 }
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }

t.test('defaults', async (t) => {
  t.strictSame(created(v2, { spec }).spec, { ...spec, minReplicas: 1, metrics: [cpu] })
  t.strictSame(created(v2, { spec: { ...spec, behavior: { scaleDown: { selectPolicy: 'Min' } } } }).spec.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  })
})

const rows = [
  { name: 'good', spec, expected: [] },
  {
    name: 'no replicas at all',
    spec: { scaleTargetRef },
    expected: [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
  },
  {
    name: 'less at most than at least',
    spec: { ...spec, minReplicas: 6 },
    expected: ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
  },
  {
    name: 'a target without a group',
    spec: { ...spec, scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'v1' } },
    expected: ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
  },
  {
    name: 'a replication controller, which has none',
    spec: { ...spec, scaleTargetRef: { kind: 'ReplicationController', name: 'web', apiVersion: 'v1' } },
    expected: [],
  },
  {
    name: 'a metric of another type',
    spec: { ...spec, metrics: [{ type: 'Pods', resource: cpu.resource }] },
    expected: ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  },
  {
    name: 'a window beyond an hour',
    spec: { ...spec, behavior: { scaleUp: { stabilizationWindowSeconds: 3601 } } },
    expected: [
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
    ],
  },
]
for (const { name, spec, expected } of rows) t.test(name, async (t) => t.strictSame(faults(v2, { spec }), expected))

t.test('the table', async (t) => {
  const object = created(v2, { spec })
  t.match(row(v2, object, noon), {
    Reference: 'Deployment/web',
    Targets: 'cpu: <unknown>/80%',
    MinPods: '1',
    MaxPods: 5,
    Replicas: 0,
  })
})

t.test('v1 is stored as v2 and comes back the same', async (t) => {
  const metrics = JSON.stringify([
    { type: 'Pods', pods: { metricName: 'rate', targetAverageValue: '10' } },
    { type: 'Object', object: { target: scaleTargetRef, metricName: 'hits', targetValue: '5' } },
  ])
  const old = created(v1, {
    apiVersion: 'autoscaling/v1',
    metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': metrics, a: 'b' } },
    spec: { ...spec, targetCPUUtilizationPercentage: 50 },
  })
  const stored = v1.storedAs?.toStored(old)
  t.match(stored, {
    apiVersion: 'autoscaling/v2',
    metadata: { annotations: { a: 'b' } },
    spec: {
      metrics: [
        { type: 'Pods', pods: { metric: { name: 'rate' }, target: { type: 'AverageValue', averageValue: '10' } } },
        {
          type: 'Object',
          object: { describedObject: scaleTargetRef, metric: { name: 'hits' }, target: { type: 'Value', value: '5' } },
        },
        { resource: { target: { averageUtilization: 50 } } },
      ],
    },
  })
  t.match(stored && v1.storedAs?.fromStored(stored), { metadata: old.metadata, spec: old.spec })
})

t.test('v1 that names no metric means CPU', async (t) => {
  t.match(v1.storedAs?.toStored(created(v1, { spec })), { spec: { metrics: [cpu] } })
})
