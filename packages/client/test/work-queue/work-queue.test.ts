import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { WorkQueue } from '../../src/work-queue/work-queue.ts'

const start = () => {
  const clock = new FakeClock()
  return { clock, queue: new WorkQueue({ clock }) }
}

t.test('a key added many times is handed out once, in the order of the first adding', async (t) => {
  const { queue } = start()
  for (const key of ['a', 'b', 'a', 'c', 'a']) queue.add(key)
  t.equal(queue.length, 3)
  t.same([await queue.get(), await queue.get(), await queue.get()], ['a', 'b', 'c'])
})

t.test('a key added while it is worked on comes back when that is done, not before', async (t) => {
  const { queue } = start()
  queue.add('a')
  await queue.get()
  queue.add('a')
  queue.add('a')
  t.equal(queue.length, 0)
  queue.done('a')
  t.equal(queue.length, 1)
  t.equal(await queue.get(), 'a')
  queue.done('a')
  t.equal(queue.length, 0)
})

t.test('a worker that waits gets the next key', async (t) => {
  const { queue } = start()
  const next = queue.get()
  queue.add('a')
  t.equal(await next, 'a')
})

t.test('of several delays the shortest counts', async (t) => {
  const { clock, queue } = start()
  queue.addAfter('a', 1000)
  queue.addAfter('a', 100)
  queue.addAfter('a', 5000)
  await clock.advance(99)
  t.equal(queue.length, 0)
  await clock.advance(1)
  t.equal(queue.length, 1)
  t.equal(clock.pending, 0)
})

t.test('failures wait longer each time, up to 1000 s, until forgotten', async (t) => {
  const { clock, queue } = start()
  for (const ms of [5, 10, 20, 40]) {
    queue.addRateLimited('a')
    await clock.advance(ms - 1)
    t.equal(queue.length, 0, `not before ${ms} ms`)
    await clock.advance(1)
    t.equal(await queue.get(), 'a')
    queue.done('a')
  }
  t.equal(queue.failures('a'), 4)
  for (let i = 0; i < 30; i++) queue.addRateLimited('b')
  queue.forget('a')
  queue.addRateLimited('a')
  await clock.advance(5)
  t.ok(queue.length >= 1)
})

t.test('the longest wait is 1000 s', async (t) => {
  const { clock, queue } = start()
  for (let i = 0; i < 40; i++) {
    queue.addRateLimited('a')
    await clock.advance(1_000_000)
    t.equal(await queue.get(), 'a')
    queue.done('a')
  }
})

t.test(
  'after shutting down nothing is taken in, what was due is handed out, and waiting workers are let go',
  async (t) => {
    const { clock, queue } = start()
    queue.add('a')
    queue.addAfter('b', 10)
    queue.shutDown()
    queue.add('c')
    await clock.advance(20)
    t.equal(await queue.get(), 'a')
    t.equal(await queue.get(), undefined)
    const { queue: other } = start()
    const waiting = other.get()
    other.shutDown()
    t.equal(await waiting, undefined)
  },
)
