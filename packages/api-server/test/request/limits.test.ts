import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { RequestDeadlines } from '../../src/request/deadline.ts'
import { maxInFlight } from '../../src/request/max-in-flight.ts'
import { RequestCounts } from '../../src/request/request-counts.ts'
import { passing } from './passing.ts'

const setUp = () => {
  const clock = new FakeClock()
  const counts = new RequestCounts()
  const deadlines = new RequestDeadlines({ requestTimeout: 60_000, clock })
  const limit = maxInFlight({ maxReadOnly: 2, maxMutating: 1, counts })
  return { clock, counts, deadlines, enter: passing(clock, deadlines.hook, limit) }
}

t.test('readers and writers are bounded apart', async (t) => {
  const { enter, counts } = setUp()
  const first = enter('GET', '/api/v1/pods')
  enter('GET', '/api/v1/pods')
  enter('POST', '/api/v1/namespaces/a/pods')
  t.same(counts.executing, { readOnly: 2, mutating: 1 })
  const refused = enter('GET', '/api/v1/pods')
  t.same(refused.answers, [{ code: 429, body: 'Too many requests, please try again later.\n' }])
  t.equal(refused.headers['retry-after'], '1')
  t.equal(enter('DELETE', '/api/v1/namespaces/a/pods/x').passed, false)
  first.end()
  t.equal(enter('GET', '/api/v1/pods').passed, true, 'there is room again')
})

t.test('who is let in all the same', async (t) => {
  const { enter, counts } = setUp()
  enter('POST', '/api/v1/namespaces/a/pods')
  t.ok(enter('POST', '/api/v1/namespaces/a/pods', { groups: ['system:masters'] }).passed, 'system:masters')
  for (const url of ['/api/v1/pods?watch=1', '/api/v1/namespaces/a/pods/x/log', '/api/v1/namespaces/a/pods/x/exec'])
    for (let i = 0; i < 3; i++) t.ok(enter('GET', url).passed, url)
  t.same(counts.executing, { readOnly: 0, mutating: 2 }, 'what is long-running is not counted')
})

const timeouts = [
  { name: "the server's time", url: '/api/v1/pods', seconds: 60 },
  { name: 'less, where the client says so', url: '/api/v1/pods?timeout=5s', seconds: 5 },
  { name: 'no more than the server gives', url: '/api/v1/pods?timeout=10m', seconds: 60 },
  { name: 'none given is all there is', url: '/api/v1/pods?timeout=0s', seconds: 60 },
]
for (const { name, url, seconds } of timeouts)
  t.test(`a request that takes too long is answered: ${name}`, async (t) => {
    const { enter, clock } = setUp()
    const slow = enter('GET', url)
    const watch = enter('GET', '/api/v1/pods?watch=1')
    await clock.advance((seconds - 1) * 1000)
    t.same(slow.answers, [])
    await clock.advance(3000)
    t.match(slow.answers[0], { code: 504, body: /Timeout: request did not complete within the allotted timeout/ })
    t.same(watch.answers, [], 'a watch has no such limit')
  })

t.test('a timeout that is no duration is refused', async (t) => {
  const { refusal } = setUp().enter('GET', '/api/v1/pods?timeout=soon')
  t.match(refusal, { code: 400, message: /^invalid timeout specified in the request URL/ })
})

t.test('stopping waits for what is under way', async (t) => {
  const { enter, deadlines, clock } = setUp()
  const request = enter('GET', '/api/v1/pods')
  let finished = false
  const waiting = deadlines.finished(5000).then(() => {
    finished = true
  })
  await clock.advance(100)
  t.equal(finished, false)
  request.end()
  await clock.advance(100)
  await waiting
  t.equal(finished, true)
})
