import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { FlowStatistics } from '../../../src/request/priority-and-fairness/flow-statistics.ts'
import type { Ticket } from '../../../src/request/priority-and-fairness/queue.ts'
import { type Limiting, QueueSet } from '../../../src/request/priority-and-fairness/queue-set.ts'
import { SeatDemand } from '../../../src/request/priority-and-fairness/seat-demand.ts'
import { deal } from '../../../src/request/priority-and-fairness/shuffle-sharding.ts'
import { oneSeat, type WorkEstimate, widest } from '../../../src/request/priority-and-fairness/work-estimate.ts'

const queues: Limiting = { type: 'queue', queues: 8, handSize: 2, queueLengthLimit: 3 }

const setUp = (limiting: Limiting, concurrencyLimit: number) => {
  const clock = new FakeClock()
  const statistics = new FlowStatistics('level', 'schema')
  const demand = new SeatDemand(0)
  const set = new QueueSet({
    limiting,
    concurrencyLimit,
    demand,
    now: () => clock.monotonic(),
    after: (ms, callback) => void clock.after(ms, callback),
  })
  const executed: string[] = []
  const enter = (flow: string, estimate: WorkEstimate = oneSeat): Ticket => {
    const ticket: Ticket = {
      flow,
      estimate,
      seats: widest(estimate),
      arrivedAt: clock.monotonic(),
      statistics,
      state: 'arriving',
      startedAt: 0,
      arrivalR: 0,
      queue: undefined,
      execute: () => executed.push(flow),
      details: () => [],
    }
    set.start(ticket)
    return ticket
  }
  return { clock, set, enter, executed, statistics, demand }
}

const hands = [
  { hash: 0n, queues: 128, handSize: 6, hand: [0, 1, 2, 3, 4, 5] },
  { hash: 127n, queues: 128, handSize: 3, hand: [127, 0, 1] },
  { hash: 5n + 8n * (3n + 7n * 2n), queues: 8, handSize: 3, hand: [5, 3, 2] },
  { hash: 5n + 8n * (5n + 7n * 5n), queues: 8, handSize: 3, hand: [5, 6, 7] },
]
for (const { hash, hand, ...deck } of hands)
  t.test(`a hand of ${deck.handSize} out of ${deck.queues} for ${hash}`, async (t) => t.same(deal(hash, deck), hand))

t.test('no hand has a queue twice', async (t) => {
  for (let hash = 0n; hash < 5000n; hash++)
    if (new Set(deal(hash * 7919n, { queues: 8, handSize: 5 })).size < 5) return t.fail(String(hash))
  t.pass('5000 hands')
})

t.test('exempt requests are never held up', async (t) => {
  const { enter, set } = setUp({ type: 'exempt' }, 0)
  for (let i = 0; i < 1000; i++) enter('any')
  t.equal(set.executing, 1000)
})

t.test('without queues, what does not fit is refused', async (t) => {
  const { enter, set, statistics } = setUp({ type: 'reject' }, 2)
  const first = enter('a')
  enter('a')
  t.equal(enter('a').state, 'over')
  t.equal(statistics.rejected['concurrency-limit'], 1)
  set.finish(first)
  t.equal(enter('a').state, 'executing')
})

t.test('what does not fit waits, as long as its queues are not full', async (t) => {
  const { enter, set, executed, statistics } = setUp(queues, 1)
  const first = enter('a')
  for (let i = 0; i < 6; i++) t.equal(enter('a').state, 'waiting', 'two queues of three')
  t.equal(enter('a').state, 'over')
  t.equal(statistics.rejected['queue-full'], 1)
  t.equal(executed.length, 1)
  set.finish(first)
  t.equal(executed.length, 2, 'the next has its turn')
})

t.test('a flow that floods the server does not hold up one that does not', async (t) => {
  const { enter, set, clock } = setUp({ ...queues, queues: 64, handSize: 4, queueLengthLimit: 50 }, 4)
  const under: Ticket[] = []
  for (let i = 0; i < 150; i++) under.push(enter('elephant'))
  const mice = Array.from({ length: 10 }, () => enter('mouse'))
  let served = 0
  while (mice.some(({ state }) => state !== 'over') && served < 160) {
    await clock.advance(10)
    for (const ticket of [...set.under]) {
      set.finish(ticket)
      served++
    }
  }
  t.ok(served <= 60, `ten of the mouse's among ${served} that were served`)
  t.ok(under.some(({ state }) => state === 'waiting'))
})

t.test('who waited too long', async (t) => {
  const { enter, set, statistics } = setUp(queues, 1)
  const first = enter('a')
  const second = enter('a')
  set.cancel(second)
  t.equal(second.state, 'over')
  t.same([set.waiting, set.seatsWaiting, statistics.waiting, statistics.rejected['time-out']], [0, 0, 0, 1])
  set.cancel(first)
  t.equal(first.state, 'executing', 'what executes is not taken back')
  set.finish(first)
  t.ok(set.idle)
})

t.test('wide requests', async (t) => {
  const wide = { seats: 3, finalSeats: 0, additionalLatency: 0 }
  const { enter, set, statistics } = setUp(queues, 4)
  const narrow = [enter('a'), enter('a')]
  const big = enter('b', wide)
  t.equal(big.state, 'waiting')
  t.ok(statistics.noAccommodation > 0)
  for (const ticket of narrow) set.finish(ticket)
  t.equal(big.state, 'executing')
  t.equal(set.seatsInUse, 3)
  const huge = setUp(queues, 2)
  t.equal(huge.enter('a', wide).state, 'executing', 'wider than all seats: alone')
  t.equal(huge.enter('a').state, 'waiting')
})

t.test('seats that are held after the answer', async (t) => {
  const { enter, set, clock } = setUp(queues, 2)
  const write = enter('a', { seats: 1, finalSeats: 2, additionalLatency: 50 })
  set.finish(write)
  t.equal(enter('b').state, 'waiting')
  await clock.advance(60)
  t.equal(set.seatsInUse, 1)
  t.equal(set.waiting, 0)
})

t.test('another configuration while requests wait', async (t) => {
  const { enter, set } = setUp(queues, 1)
  const first = enter('a')
  const waiting = [enter('a'), enter('b'), enter('c')]
  set.configure({ type: 'reject' }, 1)
  set.finish(first)
  t.equal(waiting.filter(({ state }) => state === 'executing').length, 1, 'they keep their turn')
  set.configure(queues, 3)
  t.ok(
    waiting.every(({ state }) => state === 'executing'),
    'more seats',
  )
  for (const ticket of waiting) set.finish(ticket)
  t.ok(set.idle)
})

t.test('what a level could have used', async (t) => {
  const { enter, set, clock, demand } = setUp(queues, 1)
  const tickets = [enter('a'), enter('a'), enter('a')]
  await clock.advance(1000)
  for (const ticket of tickets) set.finish(ticket)
  await clock.advance(1000)
  demand.endPeriod(clock.monotonic())
  t.same([demand.highWatermark, demand.average, demand.deviation, demand.smoothed], [3, 1.5, 1.5, 3])
  await clock.advance(10_000)
  demand.endPeriod(clock.monotonic())
  t.same([demand.highWatermark, demand.average], [0, 0])
  t.ok(demand.smoothed > 2.9 && demand.smoothed < 3, 'it is forgotten slowly')
})
