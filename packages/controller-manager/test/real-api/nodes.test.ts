import assert from 'node:assert/strict'
import { leases } from '@tandem/api/coordination/v1/lease'
import { events } from '@tandem/api/core/v1/event'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node } from '@tandem/api/core/v1/types'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  settings: {
    'allocate-node-cidrs': 'true',
    'cluster-cidr': '10.244.0.0/23',
    'node-cidr-mask-size': '24',
    'node-monitor-period': '50',
    'node-monitor-grace-period': '3000',
    'node-startup-grace-period': '3000',
  },
})
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster

/** A kubelet of which only the heart beats. */
const beat = async (name: string, status: 'True' | 'False' = 'True') => {
  const time = new Date().toISOString().replace('Z', '000Z')
  const key = { namespace: 'kube-node-lease', name }
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: time }
  await client
    .patch(leases, key, { type: 'merge', body: { spec } })
    .catch(() => client.create(leases, { metadata: key, spec }))
  const condition = {
    type: 'Ready',
    status,
    reason: status === 'True' ? 'KubeletReady' : 'KubeletNotReady',
    lastTransitionTime: time.slice(0, 19).concat('Z'),
  }
  await client.patch(
    nodes,
    { name },
    { type: 'strategic', body: { status: { conditions: [condition] } } },
    { subresource: 'status' },
  )
}
const taintsOf = ({ spec }: Node) => (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort()
const nodeWhen = (name: string, is: (node: Node) => boolean) =>
  eventually(async () => {
    await beat('steady')
    const node = await client.get(nodes, { name })
    if (!is(node)) throw new Error(JSON.stringify([node.spec, node.status]))
    return node
  })

t.test('nodes get parts of the pod network that do not overlap; when there is none left, that is said', async (t) => {
  for (const name of ['steady', 'frail', 'late']) await client.create(nodes, { metadata: { name }, spec: {} })
  const cidrs = await eventually(async () => {
    const found = (await client.list(nodes)).items.flatMap(({ spec }) => spec?.podCIDRs ?? [])
    if (found.length < 2) throw new Error('not yet')
    return found.sort()
  })
  t.same(cidrs, ['10.244.0.0/24', '10.244.1.0/24'])
  await eventually(async () => {
    const event = (await client.list(events)).items.find(({ reason }) => reason === 'CIDRNotAvailable')
    assert.partialDeepStrictEqual(event, { source: { component: 'cidrAllocator' } })
  })
  await client.delete(nodes, { name: 'late' })
})

t.test('a node that is ready loses its taint, one that says it is not keeps it', async (t) => {
  await beat('frail')
  t.same(taintsOf(await nodeWhen('frail', (node) => taintsOf(node).length === 0)), [])
  await beat('frail', 'False')
  const node = await nodeWhen('frail', (found) => taintsOf(found).length === 2)
  t.same(taintsOf(node), ['node.kubernetes.io/not-ready:NoExecute', 'node.kubernetes.io/not-ready:NoSchedule'])
  await beat('frail')
  await nodeWhen('frail', (found) => taintsOf(found).length === 0)
})

t.test(
  'a node that falls silent is unknown, its pods are not ready, and leave when they no longer tolerate it',
  async (t) => {
    const pod = (name: string, tolerationSeconds?: number) =>
      client.create(pods, {
        metadata: { name, namespace: 'default' },
        spec: {
          nodeName: 'frail',
          containers: [{ name: 'c', image: 'x' }],
          tolerations: ['not-ready', 'unreachable'].map((key) => ({
            key: `node.kubernetes.io/${key}`,
            operator: 'Exists' as const,
            effect: 'NoExecute' as const,
            ...(tolerationSeconds !== undefined && { tolerationSeconds }),
          })),
        },
      })
    await pod('patient')
    await pod('impatient', 0)
    await runPods()
    await beat('frail')
    const node = await nodeWhen(
      'frail',
      (found) =>
        found.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'Unknown') === true,
    )
    t.match(
      node.status?.conditions?.find(({ type }) => type === 'Ready'),
      { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' },
    )
    t.match(
      node.status?.conditions?.find(({ type }) => type === 'PIDPressure'),
      { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' },
    )
    await eventually(async () => {
      const { status } = await client.get(pods, { namespace: 'default', name: 'patient' })
      assert.partialDeepStrictEqual(
        status?.conditions?.find(({ type }) => type === 'Ready'),
        { status: 'False' },
      )
    })
  },
)

t.test('a taint drives out who does not tolerate it, at once or after a time', async (t) => {
  const create = (name: string, tolerations: object[]) =>
    client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: { nodeName: 'steady', containers: [{ name: 'c', image: 'x' }], tolerations: tolerations as never },
    })
  const tolerates = { key: 'maintenance', operator: 'Exists' }
  await create('stays', [tolerates])
  await create('goes', [])
  await create('goes-later', [{ ...tolerates, effect: 'NoExecute', tolerationSeconds: 1 }])
  await beat('steady')
  await nodeWhen('steady', (found) => taintsOf(found).length === 0)
  const taints = [{ key: 'maintenance', effect: 'NoExecute' }]
  await client.patch(nodes, { name: 'steady' }, { type: 'strategic', body: { spec: { taints } } })
  const left = () =>
    eventually(async () => {
      const { items } = await client.list(pods, { fieldSelector: 'spec.nodeName=steady' })
      const staying = items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name)
      assert.ok(!staying.includes('goes'))
      return { staying: staying.sort(), items }
    })
  const { staying, items } = await left()
  t.same(staying, ['goes-later', 'stays'])
  t.match(
    items
      .find(({ metadata }) => metadata.name === 'goes')
      ?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget'),
    { reason: 'DeletionByTaintManager' },
  )
  await eventually(async () => assert.deepEqual((await left()).staying, ['stays']))
})
