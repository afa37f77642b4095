import { events } from '@tandem/api/core/v1/event'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { createEventRecorder } from '../../src/events/event-recorder.ts'
import { FakeClient } from '../../src/testing/fake-client.ts'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'ns', uid: 'u', resourceVersion: '5', creationTimestamp: '' },
}
const start = () => {
  const client = new FakeClient()
  const clock = new FakeClock('2026-01-01T00:00:00Z')
  const recorder = createEventRecorder({ client, clock, logger: silentLogger, component: 'kubelet', host: 'n1' })
  const written = async () => {
    await recorder.flush()
    return (await client.list(events)).items
  }
  return { client, clock, recorder, written }
}
const backOff = {
  object: pod,
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
} as const

t.test('an event says what happened to whom, and who says so', async (t) => {
  const { recorder, written } = start()
  recorder.record({ ...backOff, fieldPath: 'spec.containers{web}' })
  t.match(await written(), [
    {
      metadata: { name: /^web\.[0-9a-f]+$/, namespace: 'ns' },
      involvedObject: {
        kind: 'Pod',
        namespace: 'ns',
        name: 'web',
        uid: 'u',
        apiVersion: 'v1',
        resourceVersion: '5',
        fieldPath: 'spec.containers{web}',
      },
      reason: 'BackOff',
      type: 'Warning',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'kubelet', host: 'n1' },
      reportingComponent: 'kubelet',
    },
  ])
})

t.test('the same event again counts up', async (t) => {
  const { recorder, written, clock } = start()
  for (let i = 0; i < 3; i++) {
    recorder.record(backOff)
    await recorder.flush()
    await clock.advance(10_000)
  }
  t.match(await written(), [
    { count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:20Z' },
  ])
})

t.test('many that differ in message alone are combined', async (t) => {
  const { recorder, written } = start()
  for (let i = 0; i < 15; i++) recorder.record({ ...backOff, message: `try ${i}` })
  const all = await written()
  t.equal(all.length, 10)
  t.match(all.at(-1), { count: 6, message: '(combined from similar events): try 14' })
})

t.test('one object cannot flood the cluster', async (t) => {
  const { recorder, written, clock } = start()
  for (let i = 0; i < 40; i++) recorder.record({ ...backOff, reason: `R${i}` })
  t.equal((await written()).length, 25)
  await clock.advance(300_000)
  recorder.record({ ...backOff, reason: 'Later' })
  t.equal((await written()).length, 26)
})

t.test('what is said of parts of an object counts together, warnings apart from the rest', async (t) => {
  const { recorder, written } = start()
  const say = (type: 'Normal' | 'Warning', i: number) =>
    recorder.record({ ...backOff, type, reason: `R${i}`, fieldPath: `spec.containers{c${i}}` })
  for (let i = 0; i < 40; i++) say('Warning', i)
  for (let i = 0; i < 40; i++) say('Normal', i)
  t.equal((await written()).length, 50)
})

t.test('parts of an object have events of their own', async (t) => {
  const { recorder, written } = start()
  for (const part of ['a', 'b', 'a']) recorder.record({ ...backOff, fieldPath: `spec.containers{${part}}` })
  t.same(
    (await written()).map(({ count, involvedObject }) => `${involvedObject.fieldPath} ${count}`),
    ['spec.containers{a} 2', 'spec.containers{b} 1'],
  )
})

t.test('a server that is away is waited for, until somebody cannot wait', async (t) => {
  const { recorder, client, clock } = start()
  const create = client.create.bind(client)
  let tries = 0
  client.create = ((...args: Parameters<typeof create>) => {
    tries++
    return tries < 3 ? Promise.reject(new Error('connect ECONNREFUSED')) : create(...args)
  }) as typeof client.create
  recorder.record(backOff)
  for (let i = 0; i < 3; i++) await clock.advance(10_000)
  t.match((await client.list(events)).items, [{ reason: 'BackOff' }])
  t.equal(tries, 3)

  tries = -1000
  recorder.record({ ...backOff, reason: 'Lost' })
  await recorder.flush()
  t.equal((await client.list(events)).items.length, 1, 'given up')
  t.ok(tries <= -998)
})

t.test('a thousand objects and more are told of', async (t) => {
  const { recorder, written } = start()
  for (let i = 0; i < 3000; i++)
    recorder.record({ ...backOff, object: { ...pod, metadata: { ...pod.metadata, name: `web-${i}`, uid: `u${i}` } } })
  t.equal((await written()).length, 3000)
})

t.test('an event that expired meanwhile is made anew', async (t) => {
  const { recorder, written, client } = start()
  recorder.record(backOff)
  const [first] = await written()
  if (first) await client.delete(events, first.metadata)
  recorder.record(backOff)
  t.match(await written(), [{ count: 1, reason: 'BackOff' }])
})

t.test('events of objects without a namespace are in default', async (t) => {
  const { recorder, written } = start()
  recorder.record({
    object: { kind: 'Node', name: 'n1', uid: 'n1' },
    type: 'Normal',
    reason: 'Starting',
    message: 'Starting kubelet.',
  })
  t.match(await written(), [{ metadata: { namespace: 'default' }, involvedObject: { kind: 'Node', name: 'n1' } }])
})
