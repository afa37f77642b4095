import { events } from '@tandem/api/core/v1/event'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Client } from '@tandem/client'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger, systemClock } from '@tandem/component-base'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { startScheduler } from '../src/start.ts'
import { nodeOf, type PodFixture, podOf } from './objects.ts'

const until = async <T>(read: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < 400; tries++) {
    const value = await read()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not happen')
}

/** A server that binds: what the API server's binding subresource does. */
class BindingClient extends FakeClient {
  override async createSubresource<Result>(
    ...[resource, key, subresource, body]: Parameters<Client['createSubresource']>
  ): Promise<Result> {
    if (subresource !== 'binding') return super.createSubresource(resource, key, subresource, body)
    const { target } = body as { target: { name: string } }
    return (await this.patch(resource, key, { type: 'merge', body: { spec: { nodeName: target.name } } })) as Result
  }
}

async function setUp(t: Test, seed: { nodes: Parameters<typeof nodeOf>[0][]; pods: PodFixture[] }) {
  const client = new BindingClient()
  client.seed(nodes, ...seed.nodes.map(nodeOf))
  client.seed(pods, ...seed.pods.map(podOf))
  const scheduler = await startScheduler(
    { client, 'leader-elect': false },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(() => scheduler.stop())
  const pod = (name: string) => client.get(pods, { namespace: 'default', name })
  const bound = (name: string) => until(async () => (await pod(name)).spec.nodeName)
  const condition = (name: string) =>
    until(async () => (await pod(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled'))
  const eventsOf = async (name: string) =>
    (await client.list(events)).items.filter(({ involvedObject }) => involvedObject.name === name)
  return { client, pod, bound, condition, eventsOf }
}

t.test('a pod gets a node and an event', async (t) => {
  const { bound, eventsOf } = await setUp(t, { nodes: [{ name: 'a' }], pods: [{ name: 'p', cpu: '1' }] })
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
  const { client, bound, condition, eventsOf } = await setUp(t, { nodes: [], pods: [{ name: 'p' }] })
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
  const { client, bound, condition } = await setUp(t, {
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
  const { bound, pod, client } = await setUp(t, {
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

t.test('pods of another scheduler are left alone', async (t) => {
  const { bound, pod } = await setUp(t, {
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
