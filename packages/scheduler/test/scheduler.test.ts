import { nodes } from '@tandem/api/core/v1/node'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { silentLogger, systemClock } from '@tandem/component-base'
import fc from 'fast-check'
import t from 'tap'
import { startScheduler } from '../src/start.ts'
import { claimOf, classOf, nodeOf, podOf, podWith, volumeOf } from './objects.ts'
import { BindingClient, runScheduler, until } from './running.ts'

t.test('a pod gets a node and an event', async (t) => {
  const { bound, eventsOf } = await runScheduler(t, { nodes: [{ name: 'a' }], pods: [{ name: 'p', cpu: '1' }] })
  t.equal(await bound('p'), 'a')
  const [event] = await until(async () => ((await eventsOf('p')).length > 0 ? eventsOf('p') : undefined))
  t.match(event, {
    type: 'Normal',
    reason: 'Scheduled',
    message: 'Successfully assigned default/p to a',
    source: { component: 'default-scheduler' },
  })
})

t.test('a pod without a node is told why, and gets one when a node comes', async (t) => {
  const { client, bound, condition, eventsOf } = await runScheduler(t, { nodes: [], pods: [{ name: 'p' }] })
  t.match(await condition('p'), {
    status: 'False',
    reason: 'Unschedulable',
    message: 'no nodes available to schedule pods',
  })
  t.match(await eventsOf('p'), [
    { type: 'Warning', reason: 'FailedScheduling', message: 'no nodes available to schedule pods' },
  ])
  await client.create(nodes, nodeOf({ name: 'late' }))
  t.equal(await bound('p'), 'late')
})

t.test('a pod that waits for room gets it when another goes', async (t) => {
  const { client, bound, condition } = await runScheduler(t, {
    nodes: [{ name: 'a', cpu: '1' }],
    pods: [
      { name: 'x', cpu: '1', nodeName: 'a' },
      { name: 'p', cpu: '1' },
    ],
  })
  t.match(await condition('p'), { message: /^0\/1 nodes are available: 1 Insufficient cpu\. / })
  await client.delete(pods, { namespace: 'default', name: 'x' })
  t.equal(await bound('p'), 'a')
})

t.test('an important pod takes the place of another', async (t) => {
  const { bound, pod, client } = await runScheduler(t, {
    nodes: [{ name: 'a', cpu: '1' }],
    pods: [
      { name: 'x', cpu: '1', nodeName: 'a', priority: 0 },
      { name: 'p', cpu: '1', priority: 1000 },
    ],
  })
  t.equal(await bound('p'), 'a')
  await t.rejects(pod('x'), 'the other is gone')
  t.ok(
    client.actions.some(
      ({ verb, resource, key }) => verb === 'patch' && resource === 'pods/status' && key.name === 'x',
    ),
    'after it was told why',
  )
})

t.test('a claim that waits for its pod is bound for the node that the pod gets', async (t) => {
  const client = new BindingClient()
  client.seed(nodes, nodeOf({ name: 'a' }), nodeOf({ name: 'b' }))
  client.seed(storageClasses, classOf('local', 'kubernetes.io/no-provisioner'))
  client.seed(persistentVolumes, volumeOf({ name: 'v', node: 'b' }))
  client.seed(persistentVolumeClaims, claimOf({ name: 'c' }))
  client.seed(pods, podOf(podWith({ name: 'p' }, 'c')))
  const scheduler = await startScheduler(
    { client, 'leader-elect': false },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(() => scheduler.stop())
  const volume = await until(async () => {
    const found = await client.get(persistentVolumes, { name: 'v' })
    return found.spec.claimRef && found
  })
  t.match(volume, {
    metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
    spec: { claimRef: { name: 'c', namespace: 'default', uid: 'uid-c' } },
  })
  const pod = () => client.get(pods, { namespace: 'default', name: 'p' })
  t.equal((await pod()).spec.nodeName, undefined, 'not before the claim is bound')
  // As the volume binder of the controller manager does.
  const body = { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName: 'v' } }
  await client.patch(persistentVolumeClaims, { namespace: 'default', name: 'c' }, { type: 'merge', body })
  t.equal(await until(async () => (await pod()).spec.nodeName), 'b')
})

t.test('profiles schedule the pods that ask for them', async (t) => {
  const client = new BindingClient()
  client.seed(nodes, nodeOf({ name: 'empty' }), nodeOf({ name: 'busy' }))
  const placed = podOf({ name: 'x', cpu: '2', memory: '2Gi', nodeName: 'busy' })
  client.seed(pods, placed, podOf({ name: 'p' }), podOf({ name: 'q', schedulerName: 'packer' }))
  const packer = {
    schedulerName: 'packer',
    plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }] } },
    pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } }],
  }
  const scheduler = await startScheduler(
    { client, 'leader-elect': false, profiles: [{ schedulerName: 'default-scheduler' }, packer] },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(() => scheduler.stop())
  const nodeOfPod = (name: string) =>
    until(async () => (await client.get(pods, { namespace: 'default', name })).spec.nodeName)
  t.same([await nodeOfPod('p'), await nodeOfPod('q')], ['empty', 'busy'])
})

t.test('pods of another scheduler are left alone', async (t) => {
  const { bound, pod } = await runScheduler(t, {
    nodes: [{ name: 'a' }],
    pods: [{ name: 'other', schedulerName: 'mine' }, { name: 'p' }],
  })
  await bound('p')
  t.equal((await pod('other')).spec.nodeName, undefined)
})

t.test('no node is ever given more than it has', async () => {
  const cpu = fc.integer({ min: 100, max: 3000 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(cpu, { minLength: 1, maxLength: 40 }),
      fc.array(cpu, { minLength: 1, maxLength: 5 }),
      async (wanted, capacities) => {
        const client = new BindingClient()
        client.seed(nodes, ...capacities.map((milli, index) => nodeOf({ name: `n${index}`, cpu: `${milli}m` })))
        client.seed(pods, ...wanted.map((milli, index) => podOf({ name: `p${index}`, cpu: `${milli}m` })))
        const scheduler = await startScheduler(
          { client, 'leader-elect': false },
          { logger: silentLogger, clock: systemClock },
        )
        const decided = (pod: Pod) => Boolean(pod.spec.nodeName ?? pod.status?.conditions?.length)
        await until(async () => ((await client.list(pods)).items.every(decided) ? true : undefined))
        await scheduler.stop()
        const { items } = await client.list(pods)
        return capacities.every((capacity, node) => {
          const used = items
            .filter(({ spec }) => spec.nodeName === `n${node}`)
            .map(({ metadata }) => wanted[Number(metadata.name.slice(1))] ?? 0)
          return used.reduce((sum, milli) => sum + milli, 0) <= capacity
        })
      },
    ),
    { numRuns: 15 },
  )
})
