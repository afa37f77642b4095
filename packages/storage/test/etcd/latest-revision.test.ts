import t from 'tap'
import { LatestRevision } from '../../src/etcd/latest-revision.ts'

t.test('who asks while an answer is on its way gets the next one', async (t) => {
  const asked: PromiseWithResolvers<number>[] = []
  const latest = new LatestRevision(() => {
    const answer = Promise.withResolvers<number>()
    asked.push(answer)
    return answer.promise
  })
  const first = latest.read()
  const later = [latest.read(), latest.read()]
  t.equal(asked.length, 1)
  asked[0]?.resolve(5)
  t.equal(await first, 5)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(asked.length, 2, 'one question for both')
  const last = latest.read()
  asked[1]?.reject(new Error('away'))
  for (const each of later) await t.rejects(each, { message: 'away' })
  await new Promise((resolve) => setImmediate(resolve))
  asked[2]?.resolve(7)
  t.equal(await last, 7)
})
