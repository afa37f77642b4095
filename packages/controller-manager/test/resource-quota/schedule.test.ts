import t from 'tap'
import { CountSchedule } from '../../src/resource-quota/schedule.ts'

t.test('when a quota is counted', async (t) => {
  const schedule = new CountSchedule()
  const wait = (version: string, now: number) => schedule.waitFor('q', { version, now })
  t.equal(wait('1', 0), 200, 'a new one, once it has rested')
  t.equal(wait('1', 200), 0)
  schedule.counted('q', 200)
  t.equal(wait('1', 1000), 299_200, 'then every five minutes')
  t.equal(schedule.note('q', 'appeared', 1000), 1000)
  t.equal(wait('2', 1000), 1000, 'what appeared is looked at a little later')
  t.equal(schedule.note('q', 'changed', 1100), 0)
  t.equal(wait('2', 1100), 100, 'what went, as soon as nobody charges')
  t.equal(wait('3', 1150), 200)
  t.equal(wait('4', 3100), 0, 'or somebody charges all the time')
  schedule.forget('q')
  t.equal(wait('4', 4000), 200)
})
