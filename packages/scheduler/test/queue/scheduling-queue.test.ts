import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { ClusterChange } from '../../src/framework/cluster-event.ts'
import { podInfoOf } from '../../src/framework/pod-info.ts'
import { plugin as prioritySort } from '../../src/plugins/priority-sort.ts'
import { plugin as gates } from '../../src/plugins/scheduling-gates.ts'
import { SchedulingQueue } from '../../src/queue/scheduling-queue.ts'
import { handleOf, nodeOf, objectsOf, type PodFixture, podOf } from '../objects.ts'

const gone = (cpu = '1'): ClusterChange => ({
  event: 'AssignedPodDelete',
  pod: podInfoOf(podOf({ name: 'gone', cpu })),
})

function setUp() {
  const clock = new FakeClock()
  const queue = new SchedulingQueue({
    clock,
    sort: prioritySort.sort ?? (() => 0),
    preEnqueue: ({ pod }) => {
      const status = gates.preEnqueue?.(pod, handleOf(objectsOf([])))
      return status && { status, plugin: gates.name }
    },
    isWokenBy: (plugin, event) => plugin === 'NodeResourcesFit' && event === 'AssignedPodDelete',
    mayHelp: (_plugin, pod, change) => 'pod' in change && change.pod.requests.milliCPU >= pod.requests.milliCPU,
  })
  t.teardown(() => queue.close())
  const add = (fixture: PodFixture) => {
    const info = podInfoOf(podOf(fixture))
    queue.add(info)
    return info
  }
  const next = () => queue.tryNext()?.info.pod.metadata.name
  const fail = (plugins: string[]) => {
    const pod = queue.tryNext()
    if (pod) queue.addUnschedulable({ ...pod, unschedulablePlugins: new Set(plugins) })
    return pod
  }
  return { clock, queue, add, next, fail }
}

t.test('higher priority goes first, then who came first', async (t) => {
  const { clock, add, next } = setUp()
  add({ name: 'first' })
  await clock.advance(1)
  add({ name: 'second' })
  add({ name: 'urgent', priority: 10 })
  t.same([next(), next(), next(), next()], ['urgent', 'first', 'second', undefined])
})

t.test('an unschedulable pod waits for an event that concerns it, and then for its backoff', async (t) => {
  const { clock, queue, add, next, fail } = setUp()
  add({ name: 'p' })
  fail(['NodeResourcesFit'])
  queue.moveAll({ event: 'NodeLabelChange', node: nodeOf({ name: 'n' }) })
  await clock.advance(5_000)
  t.equal(next(), undefined, 'nothing that concerns it')
  queue.moveAll(gone())
  t.equal(next(), 'p', 'its backoff was over long ago')
})

t.test('backoff doubles from one second to ten', async (t) => {
  const { clock, queue, add, fail } = setUp()
  add({ name: 'p' })
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    t.ok(fail(['NodeResourcesFit']))
    queue.moveAll(gone())
    await clock.advance(seconds * 1000 - 1)
    t.equal(queue.depth.active, 0, `not before ${seconds} s`)
    await clock.advance(1)
    t.equal(queue.depth.active, 1, `after ${seconds} s`)
  }
})

t.test('an event while the pod is under way is not lost', async (t) => {
  const { clock, queue, add, next } = setUp()
  add({ name: 'p' })
  const pod = queue.tryNext()
  queue.moveAll(gone())
  if (pod) queue.addUnschedulable({ ...pod, unschedulablePlugins: new Set(['NodeResourcesFit']) })
  await clock.advance(1_000)
  t.equal(next(), 'p')
})

t.test('a change wakes the pods that it can help, and only those', async (t) => {
  const { clock, queue, add, next, fail } = setUp()
  add({ name: 'large', cpu: '2' })
  fail(['NodeResourcesFit'])
  add({ name: 'small', cpu: '1' })
  fail(['NodeResourcesFit'])
  await clock.advance(1_000)
  queue.moveAll(gone('1'))
  t.same([next(), next()], ['small', undefined])
  queue.moveAll(gone('2'))
  t.equal(next(), 'large')
})

t.test('a change that cannot help a pod under way does not wake it', async (t) => {
  const { clock, queue, add, next } = setUp()
  const changes = [
    { cpu: '1', woken: false },
    { cpu: '2', woken: true },
  ]
  for (const { cpu, woken } of changes) {
    const { key } = add({ name: 'large', cpu: '2' })
    const pod = queue.tryNext()
    queue.moveAll(gone(cpu))
    if (pod) queue.addUnschedulable({ ...pod, unschedulablePlugins: new Set(['NodeResourcesFit']) })
    await clock.advance(1_000)
    t.equal(next(), woken ? 'large' : undefined)
    queue.delete(key)
  }
})

t.test('a pod that failed by an error is tried again without any event', async (t) => {
  const { clock, add, next, fail } = setUp()
  add({ name: 'p' })
  fail([])
  await clock.advance(1_000)
  t.equal(next(), 'p')
})

t.test('after five minutes without an event a pod is tried all the same', async (t) => {
  const { clock, add, next, fail } = setUp()
  add({ name: 'p' })
  fail(['NodeAffinity'])
  await clock.advance(299_000)
  t.equal(next(), undefined)
  await clock.advance(31_000)
  t.equal(next(), 'p')
})

t.test('a gated pod stays out until its gates are gone', async (t) => {
  const { queue, add, next } = setUp()
  const gated = add({ name: 'p', schedulingGates: [{ name: 'example.com/wait' }] })
  t.equal(next(), undefined)
  t.equal(queue.depth.gated, 1)
  const { schedulingGates: _, ...spec } = gated.pod.spec
  queue.update(podInfoOf({ ...gated.pod, spec }), { mayHelp: true })
  t.equal(next(), 'p')
})

t.test('a pod deleted while under way does not come back', async (t) => {
  const { queue, add } = setUp()
  const info = add({ name: 'p' })
  const pod = queue.tryNext()
  queue.delete(info.key)
  if (pod) queue.addUnschedulable(pod)
  t.same(queue.depth, { active: 0, backoff: 0, unschedulable: 0, gated: 0 })
})

t.test('whoever waits is given the next pod, or told that the queue closed', async (t) => {
  const { queue, add } = setUp()
  const waiting = queue.next()
  add({ name: 'p' })
  t.equal((await waiting)?.info.pod.metadata.name, 'p')
  const last = queue.next()
  queue.close()
  t.equal(await last, undefined)
})
