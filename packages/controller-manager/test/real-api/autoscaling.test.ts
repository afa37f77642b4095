import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { horizontalPodAutoscalers } from '@tandem/api/autoscaling/v2/horizontalpodautoscaler'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec } from '@tandem/api/autoscaling/v2/types'
import { events } from '@tandem/api/core/v1/event'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const namespace = 'default'
const cluster = await startTestCluster({
  controllers: ['deployment-controller', 'replicaset-controller', 'horizontal-pod-autoscaler-controller'],
  // Often, so that what waits for a round need not wait long; and up and down at once.
  settings: {
    'horizontal-pod-autoscaler-sync-period': '200',
    'horizontal-pod-autoscaler-downscale-stabilization': '0',
  },
})
const { client, eventually, directory } = cluster

/** CPUs that each pod uses, by the deployment's name: what the kubelet tells. */
const load = new Map<string, number>()
const startedAt = Date.now() - 3_600_000
const file = (name: string) => readFileSync(join(directory, name))
let running: readonly string[] = []
const used = new Map<string, { cpu: number; at: number }>()
const kubelet = createServer({ cert: file('apiserver.crt'), key: file('apiserver.key') }, (_, response) => {
  const now = Date.now()
  const lines = running.flatMap((pod) => {
    const before = used.get(pod) ?? { cpu: 0, at: now }
    const cpu = before.cpu + ((load.get(pod.split('-')[0] ?? '') ?? 0) * (now - before.at)) / 1000
    used.set(pod, { cpu, at: now })
    const labels = `{container="main",namespace="${namespace}",pod="${pod}"}`
    return [
      `container_cpu_usage_seconds_total${labels} ${cpu} ${now}`,
      `container_memory_working_set_bytes${labels} 1048576 ${now}`,
      `container_start_time_seconds${labels} ${startedAt / 1000}`,
    ]
  })
  response.end(`${lines.join('\n')}\n`)
})
await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
t.teardown(async () => {
  await cluster.stop()
  kubelet.closeAllConnections()
  kubelet.close()
})
await client.create(nodes, { metadata: { name: 'n1' }, spec: {} })
await client.patch(
  nodes,
  { name: 'n1' },
  {
    type: 'merge',
    body: {
      status: {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: (kubelet.address() as AddressInfo).port } },
      },
    },
  },
  { subresource: 'status' },
)
await client.create(serviceAccounts, { metadata: { name: 'default', namespace } })

/** Binds what is new, and has it ready since long ago. */
async function runPods(): Promise<void> {
  const { items } = await client.list(pods, { namespace })
  for (const { metadata, spec, status } of items) {
    const key = { namespace, name: metadata.name }
    if (metadata.deletionTimestamp) await client.delete(pods, key, { gracePeriodSeconds: 0 }).catch(() => undefined)
    else if (!spec.nodeName)
      await client.createSubresource(pods, key, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: key,
        target: { kind: 'Node', name: 'n1' },
      })
    else if (status?.phase !== 'Running') {
      const lastTransitionTime = new Date(startedAt).toISOString().replace(/\.\d+/, '')
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }]
      const body = { status: { phase: 'Running', startTime: lastTransitionTime, conditions } }
      await client.patch(pods, key, { type: 'strategic', body }, { subresource: 'status' }).catch(() => undefined)
    }
  }
  running = items.map(({ metadata }) => metadata.name)
}

const deploy = (name: string, replicas = 1, labels: Record<string, string> = { app: name }) =>
  client.create(deployments, {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'app:1', resources: { requests: { cpu: '1' } } }] },
      },
    },
  })
const autoscale = (name: string, spec: Partial<HorizontalPodAutoscalerSpec> = {}) =>
  client.create(horizontalPodAutoscalers, {
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      ...spec,
    },
  })
const conditionsOf = ({ status }: HorizontalPodAutoscaler) =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]))

/** Fails until the autoscaler is as the condition wants it. */
const becomes = (name: string, holds: (autoscaler: HorizontalPodAutoscaler) => boolean) =>
  eventually(async () => {
    await runPods()
    const autoscaler = await client.get(horizontalPodAutoscalers, { namespace, name })
    if (!holds(autoscaler)) throw new Error(JSON.stringify(autoscaler.status))
    return autoscaler
  })
const messageOfEvent = async (name: string, reason: string) =>
  eventually(async () => {
    const { items } = await client.list(events, { namespace })
    const found = items.find((event) => event.involvedObject.name === name && event.reason === reason)
    if (!found) throw new Error(`no event ${reason} of ${name}`)
    return found.message
  })

t.test('up under load, and down without', async (t) => {
  load.set('busy', 2)
  await deploy('busy')
  await deploy('idle', 3)
  await eventually(async () => {
    await runPods()
    if (running.length < 4) throw new Error('pods are missing')
  })
  // Both at once: what kubelets tell is good for a while.
  await autoscale('busy')
  await autoscale('idle')
  const up = await becomes('busy', ({ status }) => status?.desiredReplicas === 3)
  t.match(conditionsOf(up), { ScalingActive: 'True ValidMetricFound', ScalingLimited: 'True TooManyReplicas' })
  t.match(up.status, {
    lastScaleTime: /Z$/,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: Number, averageValue: String } } },
    ],
  })
  t.equal(
    await messageOfEvent('busy', 'SuccessfulRescale'),
    'New size: 3; reason: cpu resource utilization (percentage of request) above target',
  )
  const down = await becomes('idle', ({ status }) => status?.currentReplicas === 1)
  t.match(conditionsOf(down), { AbleToScale: 'True ReadyForNewScale', ScalingLimited: 'True TooFewReplicas' })
  t.equal(await messageOfEvent('idle', 'SuccessfulRescale'), 'New size: 1; reason: All metrics below target')
})

t.test('bounds hold whatever is measured', async (t) => {
  await deploy('few', 1)
  await autoscale('few', { minReplicas: 2, maxReplicas: 4 })
  await becomes('few', ({ status }) => status?.desiredReplicas === 2)
  t.equal(
    await messageOfEvent('few', 'SuccessfulRescale'),
    'New size: 2; reason: Current number of replicas below Spec.MinReplicas',
  )

  await deploy('many', 6)
  await autoscale('many', { maxReplicas: 4 })
  await becomes('many', ({ status }) => status?.desiredReplicas === 4)
  t.equal(
    await messageOfEvent('many', 'SuccessfulRescale'),
    'New size: 4; reason: Current number of replicas above Spec.MaxReplicas',
  )
})

t.test('a target of zero is left alone', async (t) => {
  await deploy('off', 0)
  await autoscale('off')
  const off = await becomes('off', (autoscaler) => conditionsOf(autoscaler).ScalingActive === 'False ScalingDisabled')
  t.same([off.status?.currentReplicas ?? 0, off.status?.desiredReplicas], [0, 0])
})

t.test('targets that are not there, or cannot be scaled', async (t) => {
  const targets = [
    ['nobody', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' }, 'deployments.apps "nobody" not found'],
    ['unknown', { apiVersion: 'shop/v1', kind: 'Stall', name: 'x' }, 'no matches for kind "Stall" in group "shop"'],
    [
      'unscaled',
      { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'x' },
      'the server could not find the requested resource',
    ],
  ] as const
  for (const [name, scaleTargetRef, message] of targets) {
    await autoscale(name, { scaleTargetRef })
    const { status } = await becomes(
      name,
      (autoscaler) => conditionsOf(autoscaler).AbleToScale === 'False FailedGetScale',
    )
    t.equal(
      status?.conditions?.[0]?.message,
      `the HPA controller was unable to get the target's current scale: ${message}`,
    )
    t.equal(await messageOfEvent(name, 'FailedGetScale'), message)
  }
})

t.test('metrics that nobody serves', async (t) => {
  await deploy('blind')
  await autoscale('blind', {
    metrics: [
      {
        type: 'External',
        external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } },
      },
      { type: 'Pods', pods: { metric: { name: 'orders' }, target: { type: 'AverageValue', averageValue: '10' } } },
    ],
  })
  await becomes('blind', (autoscaler) => conditionsOf(autoscaler).ScalingActive === 'False FailedGetExternalMetric')
  t.match(
    await messageOfEvent('blind', 'FailedComputeMetricsReplicas'),
    'invalid metrics (2 invalid out of 2), first error is: failed to get queue external metric value:',
  )
  t.match(
    await messageOfEvent('blind', 'FailedGetPodsMetric'),
    'no custom metrics API (custom.metrics.k8s.io) registered',
  )
})

t.test('two autoscalers of the same pods', async (t) => {
  await deploy('shared')
  await becomes('few', () => true)
  await autoscale('first', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shared' } })
  await autoscale('second', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shared' } })
  for (const name of ['first', 'second'])
    await becomes(name, (autoscaler) => conditionsOf(autoscaler).ScalingActive === 'False AmbiguousSelector')
  t.equal(
    await messageOfEvent('first', 'AmbiguousSelector'),
    'pods by selector app=shared are controlled by multiple HPAs: [{first default} {second default}]',
  )
  await client.delete(horizontalPodAutoscalers, { namespace, name: 'second' })
  await becomes('first', (autoscaler) => conditionsOf(autoscaler).ScalingActive !== 'False AmbiguousSelector')
})

t.test('a status that stays the same is not written', async (t) => {
  const key = { namespace, name: 'off' }
  const { metadata } = await client.get(horizontalPodAutoscalers, key)
  // Other autoscalers have several rounds meanwhile.
  await deploy('other', 1)
  await autoscale('other', { minReplicas: 2 })
  await becomes('other', ({ status }) => status?.desiredReplicas === 2)
  t.equal((await client.get(horizontalPodAutoscalers, key)).metadata.resourceVersion, metadata.resourceVersion)
})
