import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { podOf } from './objects.ts'
import { runScheduler, until } from './running.ts'

const nodes = [
  { name: 'a', cpu: '1' },
  { name: 'b', cpu: '1' },
]
const nominated = (name: string, nodeName: string, priority: number) => ({
  ...podOf({ name, cpu: '1', priority }),
  status: { nominatedNodeName: nodeName },
})
/** A pod that takes its time to go: it keeps its room until it is deleted for good. */
const leaving = (name: string, nodeName: string) => {
  const pod = podOf({ name, cpu: '1', nodeName, priority: 0 })
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
}

t.test('the node that room was made on is looked at first', async (t) => {
  const { client, bound } = await runScheduler(t, { nodes, pods: [] })
  for (const [index, node] of ['b', 'a', 'b', 'a'].entries()) {
    const name = `p${index}`
    await client.create(pods, nominated(name, node, 0))
    t.equal(await bound(name), node)
    await client.delete(pods, { namespace: 'default', name })
  }
})

t.test('a less important pod does not get the room that waits for another', async (t) => {
  const { client, condition, bound, pod } = await runScheduler(t, { nodes: [{ name: 'a', cpu: '1' }], pods: [] })
  await client.create(pods, leaving('x', 'a'))
  await client.create(pods, nominated('p', 'a', 1000))
  t.match(await condition('p'), { message: /not eligible due to a terminating pod on the nominated node\.$/ })
  t.equal((await pod('p')).status?.nominatedNodeName, 'a', 'its nomination stays')
  await client.create(pods, podOf({ name: 'q', cpu: '1', priority: 0 }))
  await condition('q')
  await client.delete(pods, { namespace: 'default', name: 'x' })
  t.equal(await bound('p'), 'a')
  t.equal((await pod('q')).spec.nodeName, undefined)
})

t.test('a more important pod takes the room, and the other looks for it anew', async (t) => {
  const { client, pod, bound } = await runScheduler(t, { nodes: [{ name: 'a', cpu: '1' }], pods: [] })
  await client.create(pods, leaving('x', 'a'))
  await client.create(pods, nominated('p', 'a', 10))
  await until(async () => (await pod('p')).status?.conditions?.[0])
  await client.create(pods, podOf({ name: 'y', cpu: '1', nodeName: 'a', priority: 0 }))
  await client.delete(pods, { namespace: 'default', name: 'x' })
  await client.create(pods, podOf({ name: 'q', cpu: '1', priority: 1000 }))
  t.equal(await bound('q'), 'a')
  await until(async () => !(await pod('p')).status?.nominatedNodeName || undefined)
})
