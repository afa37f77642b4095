import t from 'tap'
import { type Follower, ProgressMark } from '../../src/etcd/progress-mark.ts'

t.test('the mark is written when a follower waits in vain, once for all who wait', async (t) => {
  const written = Promise.withResolvers<void>()
  let writes = 0
  const followers: Follower[] = [{ position: 3 }, { position: 9 }]
  const mark = new ProgressMark(async () => {
    writes++
    for (const follower of followers) follower.position = 10
    written.resolve()
    return 10
  })
  t.teardown(() => mark.close())
  for (const follower of followers) mark.add(follower)
  mark.want(2)
  for (const revision of [5, 6, 7]) mark.want(revision)
  // The timer of the mark alone keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  await written.promise
  clearInterval(alive)
  t.equal(writes, 1)
})

t.test('it is not written for those who get there by themselves', async (t) => {
  let writes = 0
  const follower = { position: 3 }
  const mark = new ProgressMark(async () => ++writes)
  t.teardown(() => mark.close())
  mark.add(follower)
  mark.want(5)
  follower.position = 5
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(writes, 0)
})
