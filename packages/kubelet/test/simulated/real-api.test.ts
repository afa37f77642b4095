import { leases } from '@tandem/api/coordination/v1/lease'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import { simulatedNodeLabel, simulatedNodeTaint } from '@tandem/api/core/v1/simulated-node'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { startTestServer } from '@tandem/api-server/testing/server'
import type { KubernetesObject, ObjectKey, ResourceDefinition } from '@tandem/apimachinery'
import { type Client, type ClientConfig, createClient } from '@tandem/client'
import { waitFor } from '@tandem/client/wait-for'
import { silentLogger, systemClock } from '@tandem/component-base'
import t from 'tap'
import { durationAnnotation } from '../../src/simulated/simulated-pod.ts'
import { startSimulatedNodes } from '../../src/simulated/start.ts'

const timeoutMs = 20_000
const server = await startTestServer({ authorizationModes: ['Node', 'RBAC'] })
const clientAs = async (name: string, groups: string[] = []): Promise<Client> => {
  const { certificate, key, ...rest } = await server.clientConfig({ name, groups })
  return createClient({ ...rest, clientCertificate: certificate, clientKey: key } satisfies ClientConfig)
}
const admin = await clientAs('kubernetes-admin', ['system:masters'])
const own = await clientAs('tandem:simulated-nodes')
t.teardown(async () => {
  await Promise.all([admin.close(), own.close()])
  await server.stop()
})

const start = (count: number) =>
  startSimulatedNodes(
    { client: own, nodes: count, 'max-requests-inflight': 4 },
    { logger: silentLogger, clock: systemClock },
  )

const until = <T extends KubernetesObject>(
  resource: ResourceDefinition<T>,
  key: ObjectKey,
  condition: (object: T | undefined) => boolean,
): Promise<T | undefined> => waitFor(admin, resource, key, condition, { timeoutMs })

const ready = (object: Node | Pod | undefined): boolean =>
  object?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

const namespace = 'scale'
const bind = (name: string, changes: { metadata?: object; spec?: object } = {}) =>
  admin.create(pods, {
    metadata: { namespace, name, ...changes.metadata },
    spec: {
      nodeName: 'simulated-1',
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image: 'app:1' }],
      ...changes.spec,
    },
  })

// A namespace and its account, which no controller is here to make.
await admin.create(namespaces, { metadata: { name: namespace }, spec: {} })
await admin.create(serviceAccounts, { metadata: { namespace, name: 'default' } })
let running = await start(3)
t.teardown(() => running.stop())

t.test('nodes are registered, ready, tainted, and say that they live', async (t) => {
  const node = await until(nodes, { name: 'simulated-1' }, ready)
  t.match(node, {
    metadata: { labels: { [simulatedNodeLabel]: 'true', 'topology.kubernetes.io/zone': 'simulated-b' } },
    status: { allocatable: { cpu: '32', pods: '110' }, nodeInfo: { containerRuntimeVersion: 'simulated://1.0.0' } },
  })
  t.match(node?.spec?.taints, [simulatedNodeTaint])
  await until(leases, { namespace: 'kube-node-lease', name: 'simulated-2' }, (lease) => Boolean(lease?.spec?.renewTime))
})

t.test('a bound pod runs, and goes when it is deleted', async (t) => {
  await bind('web')
  const pod = await until(pods, { namespace, name: 'web' }, ready)
  t.match(pod?.status, { phase: 'Running', podIP: /^198\.19\./, qosClass: 'BestEffort' })
  await admin.delete(pods, { namespace, name: 'web' })
  await until(pods, { namespace, name: 'web' }, (pod) => pod === undefined)
})

t.test('a pod that is to end does, and a Job’s without being told', async () => {
  const once = { spec: { restartPolicy: 'Never' } }
  await bind('timed', { ...once, metadata: { annotations: { [durationAnnotation]: '10ms' } } })
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'u', controller: true }]
  await bind('task', { ...once, metadata: { ownerReferences } })
  for (const name of ['timed', 'task'])
    await until(pods, { namespace, name }, (pod) => pod?.status?.phase === 'Succeeded')
})

t.test('whoever has a finalizer on a deleted pod sees how it ended', async (t) => {
  await bind('watched', { metadata: { finalizers: ['example.com/counted'] } })
  await until(pods, { namespace, name: 'watched' }, ready)
  await admin.delete(pods, { namespace, name: 'watched' })
  const pod = await until(pods, { namespace, name: 'watched' }, (pod) => pod?.status?.phase === 'Failed')
  t.match(pod?.status?.containerStatuses, [{ state: { terminated: { exitCode: 137 } } }])
  const freed = { type: 'merge', body: { metadata: { finalizers: null } } } as const
  await admin.patch(pods, { namespace, name: 'watched' }, freed)
  await until(pods, { namespace, name: 'watched' }, (pod) => pod === undefined)
})

t.test('a node of somebody else’s, with the label, is kept alive with what it was given', async (t) => {
  await admin.create(nodes, {
    metadata: { name: 'large', labels: { [simulatedNodeLabel]: 'true' } },
    spec: {},
    status: { capacity: { cpu: '96', memory: '1Ti', pods: '250' } },
  })
  const node = await until(nodes, { name: 'large' }, ready)
  t.match(node?.status?.capacity, { cpu: '96', pods: '250' })
})

t.test('a node that was given up says that it lives', async () => {
  const conditions = [{ type: 'Ready', status: 'Unknown', lastTransitionTime: '2026-01-01T00:00:00Z' }]
  const silent = { type: 'strategic', body: { status: { conditions } } } as const
  await admin.patch(nodes, { name: 'simulated-0' }, silent, { subresource: 'status' })
  await until(nodes, { name: 'simulated-0' }, ready)
})

t.test(
  'after a restart: what happened meanwhile is caught up with, addresses stay, nodes are as many as asked for',
  async (t) => {
    await bind('stays')
    const { status: before } = (await until(pods, { namespace, name: 'stays' }, ready)) ?? {}
    await running.stop()
    await bind('new')
    await admin.delete(nodes, { name: 'simulated-0' })
    running = await start(2)
    await until(nodes, { name: 'simulated-0' }, ready)
    await until(nodes, { name: 'simulated-2' }, (node) => node === undefined)
    const { status } = (await until(pods, { namespace, name: 'new' }, ready)) ?? {}
    t.not(status?.podIP, before?.podIP)
    t.equal((await admin.get(pods, { namespace, name: 'stays' })).status?.podIP, before?.podIP)
  },
)

t.test('it may do nothing else', async (t) => {
  const key = { namespace: 'kube-system', name: 'anything' }
  await t.rejects(own.get(leases, key), { message: /cannot get resource "leases"/ })
  await t.rejects(own.create(namespaces, { metadata: { name: 'x' }, spec: {} }), { message: /cannot create/ })
  await t.rejects(own.patch(pods, { namespace, name: 'new' }, { type: 'merge', body: {} }), { message: /cannot patch/ })
})
