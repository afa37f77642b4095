import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { Expectations } from '../src/expectations.ts'

t.test('creations are counted, deletions are told apart by identity', async (t) => {
  const expectations = new Expectations(new FakeClock())
  t.ok(expectations.satisfied('a'))
  expectations.expectCreations('a', 2)
  expectations.creationObserved('a')
  t.notOk(expectations.satisfied('a'))
  expectations.creationObserved('a')
  t.ok(expectations.satisfied('a'))
  expectations.expectDeletions('a', ['u1', 'u2'])
  expectations.deletionObserved('a', 'u1')
  expectations.deletionObserved('a', 'u1')
  t.notOk(expectations.satisfied('a'))
  expectations.deletionObserved('a', 'u2')
  t.ok(expectations.satisfied('a'))
})

t.test('what never comes is waited for five minutes', async (t) => {
  const clock = new FakeClock()
  const expectations = new Expectations(clock)
  expectations.expectCreations('a', 1)
  await clock.advance(300_000)
  t.notOk(expectations.satisfied('a'))
  await clock.advance(1)
  t.ok(expectations.satisfied('a'))
})
