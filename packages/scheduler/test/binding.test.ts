import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import type { Plugin } from '../src/framework/plugin.ts'
import { defaultPlugins } from '../src/framework/profile.ts'
import { unschedulable } from '../src/framework/status.ts'
import { podOf } from './objects.ts'
import { runScheduler, until } from './running.ts'

const oneNode = [{ name: 'a', cpu: '1' }]
/** The default plugins and one more, last. */
const withPlugin = (plugin: Partial<Plugin>) => ({ plugins: [...defaultPlugins, { name: 'Mine', ...plugin }] })
const others = (name: string) => podOf({ name, cpu: '1' })

t.test('a pod that a plugin has to let go waits, and others are scheduled meanwhile', async (t) => {
  const gate = Promise.withResolvers<undefined>()
  const { bound, client, pod } = await runScheduler(t, {
    nodes: [{ name: 'a', cpu: '2' }],
    pods: [{ name: 'p', cpu: '1' }],
    options: withPlugin({ permit: ({ pod }) => (pod.pod.metadata.name === 'p' ? gate.promise : undefined) }),
  })
  await client.create(pods, others('q'))
  await bound('q')
  t.equal((await pod('p')).spec.nodeName, undefined)
  gate.resolve(undefined)
  t.equal(await bound('p'), 'a')
})

t.test('its room is kept while it waits, and free when it is refused', async (t) => {
  const gate = Promise.withResolvers<ReturnType<typeof unschedulable>>()
  const unreserved: string[] = []
  const { client, condition, bound } = await runScheduler(t, {
    nodes: oneNode,
    pods: [{ name: 'p', cpu: '1' }],
    options: withPlugin({
      events: [],
      permit: ({ pod }) => (pod.pod.metadata.name === 'p' ? gate.promise : undefined),
      unreserve: ({ pod }) => void unreserved.push(pod.pod.metadata.name),
    }),
  })
  await client.create(pods, others('q'))
  t.match(await condition('q'), { message: /1 Insufficient cpu/ })
  gate.resolve(unschedulable('not today'))
  t.match(await condition('p'), { reason: 'Unschedulable', message: 'not today' })
  t.equal(await bound('q'), 'a')
  t.same(unreserved, ['p'])
})

t.test('a pod that goes while it waits leaves its room, and whoever thinks about it is told', async (t) => {
  const told = Promise.withResolvers<unknown>()
  const unreserved = Promise.withResolvers<void>()
  const { client, bound } = await runScheduler(t, {
    nodes: oneNode,
    pods: [],
    options: withPlugin({
      permit({ pod }, _nodeName, signal) {
        if (pod.pod.metadata.name !== 'p') return undefined
        signal.addEventListener('abort', () => told.resolve(signal.reason))
        void client.delete(pods, { namespace: 'default', name: 'p' })
        return new Promise(() => {})
      },
      unreserve: () => unreserved.resolve(),
    }),
  })
  await client.create(pods, others('p'))
  t.equal(await told.promise, 'removed')
  await unreserved.promise
  await client.create(pods, others('q'))
  t.equal(await bound('q'), 'a')
})

t.test('a pod that waits makes room for a more important one without being deleted', async (t) => {
  const asked = Promise.withResolvers<void>()
  const { client, bound, pod, eventsOf } = await runScheduler(t, {
    nodes: oneNode,
    pods: [{ name: 'p', cpu: '1', priority: 0 }],
    options: withPlugin({
      events: [],
      permit({ pod }) {
        if (pod.pod.metadata.name !== 'p') return undefined
        asked.resolve()
        return new Promise(() => {})
      },
    }),
  })
  await asked.promise
  await client.create(pods, podOf({ name: 'q', cpu: '1', priority: 1000 }))
  t.equal(await bound('q'), 'a')
  await until(async () => (await eventsOf('p')).find(({ message }) => message === 'preempted'))
  t.equal((await pod('p')).metadata.deletionTimestamp, undefined)
})

const points: [point: 'reserve' | 'permit' | 'preBind' | 'bind', message: string][] = [
  ['reserve', 'it broke'],
  ['permit', 'running Permit plugin "Mine": it broke'],
  ['preBind', 'running PreBind plugin "Mine": it broke'],
  ['bind', 'running Bind plugin "Mine": it broke'],
]
for (const [point, message] of points)
  t.test(`an error in ${point} is told, and the pod is tried again`, async (t) => {
    let failures = 0
    const fail = () => {
      if (failures++ === 0) throw new Error('it broke')
      return undefined
    }
    const skip = { code: 'Skip', reasons: [] } as const
    const plugin: Plugin = { name: 'Mine', [point]: point === 'bind' ? async () => fail() ?? skip : fail }
    const { bound, condition, eventsOf } = await runScheduler(t, {
      nodes: oneNode,
      pods: [{ name: 'p', cpu: '1' }],
      options: { plugins: point === 'bind' ? [plugin, ...defaultPlugins] : [...defaultPlugins, plugin] },
    })
    t.match(await condition('p'), { reason: 'SchedulerError', message })
    t.equal(await bound('p'), 'a')
    const events = await until(async () => {
      const found = await eventsOf('p')
      return found.length >= 2 ? found : undefined
    })
    t.same(events.map(({ reason }) => reason).sort(), ['FailedScheduling', 'Scheduled'])
  })

t.test('a plugin that fails to make room does not stop the scheduler', async (t) => {
  const { condition, bound, client } = await runScheduler(t, {
    nodes: oneNode,
    pods: [{ name: 'p', cpu: '2' }],
    options: withPlugin({
      postFilter() {
        throw new Error('it broke')
      },
    }),
  })
  t.match(await condition('p'), { message: /Insufficient cpu/ })
  await client.create(pods, others('q'))
  t.equal(await bound('q'), 'a')
})
