import t from 'tap'
import { Progress } from '../../src/registry/progress.ts'

t.test('who waits for a revision', async (t) => {
  const progress = new Progress()
  progress.advance(5)
  t.equal(progress.reached(5), undefined, 'is not kept when it is there')
  const [soon, later] = [progress.reachedWithin(6, 60_000), progress.reachedWithin(8, 60_000)]
  progress.advance(7)
  t.equal(await soon, true)
  t.equal(progress.waiting, 1, 'the later one still waits')
  progress.advance(8)
  t.equal(await later, true)
})

t.test('who gives up is forgotten, though the revision never comes', async (t) => {
  const progress = new Progress()
  t.equal(await progress.reachedWithin(Number.MAX_SAFE_INTEGER, 1), false)
  t.equal(progress.waiting, 0)
})
