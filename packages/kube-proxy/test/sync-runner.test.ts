import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { SyncRunner } from '../src/sync-runner.ts'

function setUp(sync: () => Promise<void> = async () => {}) {
  const clock = new FakeClock()
  const starts: number[] = []
  const runner = new SyncRunner({
    clock,
    minIntervalMs: 100,
    sync: () => {
      starts.push(clock.monotonic())
      return sync()
    },
  })
  return { clock, starts, runner }
}

t.test('runs at once when idle, and what is requested soon after in one', async (t) => {
  const { clock, starts, runner } = setUp()
  runner.request()
  await clock.advance(0)
  for (let request = 0; request < 5; request++) runner.request()
  await clock.advance(1_000)
  t.same(starts, [0, 100])
})

t.test('does not run twice at a time', async (t) => {
  let finish = () => {}
  const { clock, starts, runner } = setUp(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  runner.request()
  await clock.advance(0)
  runner.request()
  await clock.advance(5_000)
  t.same(starts, [0])
  finish()
  await clock.advance(0)
  t.same(starts, [0, 5_000])
})

t.test('tries again after a failure, less and less often', async (t) => {
  const { clock, starts, runner } = setUp(() => Promise.reject(new Error('locked')))
  runner.request()
  await clock.advance(3_500)
  t.same(starts, [0, 500, 1_500, 3_500])
  t.equal(runner.failures, 4)
})

t.test('does nothing once it is stopped', async (t) => {
  const { clock, starts, runner } = setUp()
  runner.request()
  await runner.stop()
  runner.request()
  await clock.advance(1_000)
  t.same(starts, [])
})
