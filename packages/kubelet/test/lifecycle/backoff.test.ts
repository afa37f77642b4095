import t from 'tap'
import { Backoff, durationText } from '../../src/lifecycle/backoff.ts'

const seconds = (count: number): number => count * 1000

t.test('a container that keeps failing waits 10 s, doubling to 5 min', async (t) => {
  const backoff = new Backoff()
  const waits: number[] = []
  let now = 0
  for (let failure = 0; failure < 8; failure++) {
    const wait = backoff.remaining('c', { failedAt: now, now })
    waits.push(wait / 1000)
    const failedAt = now
    now += wait
    backoff.next('c', { failedAt, now })
  }
  t.same(waits, [0, 10, 20, 40, 80, 160, 300, 300])
})

t.test('it is forgotten after twice the maximum of peace', async (t) => {
  const backoff = new Backoff()
  backoff.next('c', { failedAt: 0, now: 0 })
  backoff.next('c', { failedAt: 0, now: seconds(10) })
  t.equal(backoff.remaining('c', { failedAt: seconds(609), now: seconds(609) }), seconds(20))
  t.equal(backoff.remaining('c', { failedAt: seconds(611), now: seconds(611) }), 0)
  backoff.next('c', { failedAt: seconds(611), now: seconds(611) })
  t.equal(backoff.delay('c'), seconds(10))
})

t.test('time that has passed since the failure counts', async (t) => {
  const backoff = new Backoff()
  backoff.next('c', { failedAt: 0, now: 0 })
  t.equal(backoff.remaining('c', { failedAt: seconds(5), now: seconds(9) }), seconds(6))
  t.equal(backoff.remainingSinceUpdate('c', seconds(4)), seconds(6))
  backoff.forget('c')
  t.equal(backoff.remaining('c', { failedAt: seconds(5), now: seconds(9) }), 0)
})

for (const [ms, text] of [
  [10_000, '10s'],
  [80_000, '1m20s'],
  [300_000, '5m0s'],
  [3_661_000, '1h1m1s'],
] as const)
  t.test(`${ms} ms is ${text}`, async (t) => t.equal(durationText(ms), text))
