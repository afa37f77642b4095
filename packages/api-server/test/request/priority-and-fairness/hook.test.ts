import type { FlowSchema, PriorityLevelConfiguration } from '@tandem/api/flowcontrol/v1/types'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { RequestDeadlines } from '../../../src/request/deadline.ts'
import { Dispatcher } from '../../../src/request/priority-and-fairness/dispatcher.ts'
import { priorityAndFairness } from '../../../src/request/priority-and-fairness/hook.ts'
import { RequestCounts } from '../../../src/request/request-counts.ts'
import { passing } from '../passing.ts'

const level = (limitResponse: { type: string; queuing?: object }, shares = 1) =>
  ({
    metadata: { name: 'small', uid: 'level-uid' },
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent: 0, limitResponse } },
  }) as unknown as PriorityLevelConfiguration
const schema = {
  metadata: { name: 'ann', uid: 'schema-uid' },
  spec: {
    priorityLevelConfiguration: { name: 'small' },
    matchingPrecedence: 500,
    distinguisherMethod: { type: 'ByUser' },
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: 'ann' } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
      },
    ],
  },
} as unknown as FlowSchema
const queuing = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } }
const pods = '/api/v1/namespaces/a/pods'

/** The small level has one seat of six. */
const setUp = (limitResponse: { type: string; queuing?: object }) => {
  const clock = new FakeClock()
  const counts = new RequestCounts()
  const dispatcher = new Dispatcher({ seats: 6, clock })
  dispatcher.configure([level(limitResponse)], [schema])
  const small = () => dispatcher.levels.find(({ name }) => name === 'small')
  small()?.setSeats(1)
  const deadlines = new RequestDeadlines({ requestTimeout: 60_000, clock })
  const statistics = () => ({ count: 1000, bytes: 1000 * 1000 })
  const limit = priorityAndFairness({ dispatcher, clock, counts, requestTimeout: 60_000, statistics })
  return { clock, counts, dispatcher, small, enter: passing(clock, deadlines.hook, limit) }
}

t.test('who passes is told by which schema, and holds a seat until the answer is out', async (t) => {
  const { enter, counts, small } = setUp({ type: 'Reject' })
  const first = enter('POST', pods)
  t.ok(first.passed)
  t.equal(first.headers['x-kubernetes-pf-flowschema-uid'], 'schema-uid')
  t.equal(first.headers['x-kubernetes-pf-prioritylevel-uid'], 'level-uid')
  t.same(counts.executing, { readOnly: 0, mutating: 1 })
  first.end()
  t.same(counts.executing, { readOnly: 0, mutating: 0 })
  t.equal(small()?.queueSet.idle, true)
})

t.test('who does not is told to come again', async (t) => {
  const { enter } = setUp({ type: 'Reject' })
  enter('POST', pods)
  const second = enter('POST', pods)
  t.same(second.answers, [{ code: 429, body: 'Too many requests, please try again later.\n' }])
  t.match(second.headers, { 'retry-after': '1', 'x-kubernetes-pf-flowschema-uid': 'schema-uid' })
})

t.test('other levels go on', async (t) => {
  const { enter } = setUp({ type: 'Reject' })
  enter('POST', pods)
  t.ok(enter('POST', pods, { username: 'bob' }).passed)
  for (let i = 0; i < 50; i++) t.ok(enter('POST', pods, { groups: ['system:masters'], username: 'root' }).passed)
})

t.test('a request waits for its turn', async (t) => {
  const { enter, counts } = setUp(queuing)
  const first = enter('POST', pods)
  const second = enter('GET', `${pods}/x`)
  t.notOk(second.passed)
  t.same(counts.waiting, { readOnly: 1, mutating: 0 })
  first.end()
  t.ok(second.passed)
  t.same(counts.waiting, { readOnly: 0, mutating: 0 })
})

const waits = [
  { name: 'a quarter of its time', url: `${pods}/x`, seconds: 15 },
  { name: 'a quarter of what it gives itself', url: `${pods}/x?timeout=20s`, seconds: 5 },
  { name: 'a watch', url: `${pods}?watch=1&resourceVersion=5`, seconds: 15 },
]
for (const { name, url, seconds } of waits)
  t.test(`a request waits no longer than it may: ${name}`, async (t) => {
    const { enter, clock, counts, small } = setUp(queuing)
    enter('POST', pods)
    const second = enter('GET', url)
    await clock.advance(seconds * 1000 - 100)
    t.same(second.answers, [])
    await clock.advance(200)
    t.equal(second.answers[0]?.code, 429)
    t.same(counts.waiting, { readOnly: 0, mutating: 0 })
    t.equal(small()?.queueSet.waiting, 0)
  })

t.test('who leaves while waiting gives up the place', async (t) => {
  const { enter, small } = setUp(queuing)
  const first = enter('POST', pods)
  const second = enter('POST', pods)
  const third = enter('POST', pods)
  second.end()
  first.end()
  t.notOk(second.passed)
  t.ok(third.passed)
  third.end()
  t.equal(small()?.queueSet.idle, true)
})

t.test('a watch holds seats only until it has begun', async (t) => {
  const { enter, small } = setUp({ type: 'Reject' })
  const watch = enter('GET', `${pods}?watch=1&resourceVersion=5`)
  t.equal(small()?.queueSet.executing, 1)
  watch.kube.initialized?.()
  t.equal(small()?.queueSet.idle, true)
  t.ok(enter('POST', pods).passed)
  watch.end()
  t.equal(small()?.queueSet.executing, 1, 'its end gives back nothing twice')
})

const untouched = [`${pods}/x/log`, `${pods}/x/exec`, '/api/v1/nodes/n/proxy/metrics']
for (const url of untouched)
  t.test(`long-running requests hold no seats: ${url}`, async (t) => {
    const { enter, small } = setUp({ type: 'Reject' })
    t.ok(enter('GET', url).passed)
    t.equal(small()?.queueSet.executing, 0)
  })

const widths = [
  { name: 'one object', method: 'GET', url: `${pods}/x`, seats: 1 },
  { name: 'a long list', method: 'GET', url: pods, seats: 10 },
  { name: 'a page of it', method: 'GET', url: `${pods}?limit=300`, seats: 3 },
  { name: 'one object, as a list', method: 'GET', url: `${pods}?fieldSelector=metadata.name%3Dx`, seats: 1 },
  { name: 'a watch that begins with a list', method: 'GET', url: `${pods}?watch=1`, seats: 10 },
  { name: 'a watch that goes on', method: 'GET', url: `${pods}?watch=1&resourceVersion=7`, seats: 1 },
  { name: 'a write', method: 'POST', url: pods, seats: 1 },
]
for (const { name, method, url, seats } of widths)
  t.test(`how many seats: ${name}`, async (t) => {
    const { enter, dispatcher } = setUp(queuing)
    enter(method, url, { username: 'root', groups: ['system:masters'] })
    t.equal(dispatcher.levels.find(({ name }) => name === 'exempt')?.queueSet.seatsInUse, seats)
  })

t.test('a write that many watch holds its seats a while longer', async (t) => {
  const { enter, dispatcher, clock } = setUp(queuing)
  const root = { username: 'root', groups: ['system:masters'] }
  const exempt = () => dispatcher.levels.find(({ name }) => name === 'exempt')
  for (let i = 0; i < 30; i++) enter('GET', `${pods}?watch=1&resourceVersion=7`, root).kube.initialized?.()
  const write = enter('POST', pods, root)
  t.equal(exempt()?.queueSet.seatsInUse, 3)
  write.end()
  t.equal(exempt()?.queueSet.seatsInUse, 3)
  await clock.advance(10)
  t.equal(exempt()?.queueSet.seatsInUse, 0)
})

t.test('levels lend what they do not need', async (t) => {
  const clock = new FakeClock()
  const dispatcher = new Dispatcher({ seats: 100, clock })
  const named = (name: string, limited: object) =>
    ({
      metadata: { name, uid: name },
      spec: { type: 'Limited', limited: { limitResponse: queuing, ...limited } },
    }) as unknown as PriorityLevelConfiguration
  dispatcher.configure(
    [
      named('busy', { nominalConcurrencyShares: 45, lendablePercent: 0 }),
      named('calm', { nominalConcurrencyShares: 45, lendablePercent: 80 }),
    ],
    [],
  )
  const find = (name: string) => dispatcher.levels.find((level) => level.name === name)
  t.same([find('busy')?.nominalSeats, find('calm')?.nominalSeats], [48, 48])
  t.same([find('calm')?.lowerSeats, find('busy')?.upperSeats], [10, 148])
  find('busy')?.demand.set(90, clock.monotonic())
  await clock.advance(10_000)
  dispatcher.adjust()
  t.ok((find('busy')?.currentSeats ?? 0) > 75, String(find('busy')?.currentSeats))
  t.ok((find('calm')?.currentSeats ?? 0) >= 10)
  const all = dispatcher.levels.reduce((sum, { currentSeats }) => sum + currentSeats, 0)
  t.ok(Math.abs(all - 102) <= 2, `none is lost, none is made: ${all}`)
})

t.test('a level that is gone serves who waits in it', async (t) => {
  const { enter, dispatcher, small } = setUp(queuing)
  const first = enter('POST', pods)
  const second = enter('POST', pods)
  dispatcher.configure([], [])
  t.equal(small()?.quiescing, true)
  t.equal(dispatcher.hasLevel('small'), false)
  t.equal(enter('POST', pods).headers['x-kubernetes-pf-flowschema-uid'], '', 'new ones fall to the next schema')
  first.end()
  t.ok(second.passed)
  second.end()
  dispatcher.adjust()
  t.equal(small(), undefined)
})
