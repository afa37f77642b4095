import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Turns, turn } from '../../src/registry/turns.ts'

t.test('of much long work, one piece runs in each round of the event loop', async (t) => {
  const taken: string[] = []
  const work = async (name: string): Promise<void> => {
    for (let piece = 0; piece < 3; piece++) {
      await turn()
      taken.push(name)
    }
  }
  const rounds: number[] = []
  const all = Promise.all([work('a'), work('b'), work('c')])
  while (taken.length < 9) {
    const before = taken.length
    await setImmediate()
    rounds.push(taken.length - before)
  }
  await all
  t.ok(Math.max(...rounds) <= 1, `pieces in a round: ${rounds}`)
  t.same(taken, ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'], 'in order of their coming')
})

t.test('short work never waits', async (t) => {
  t.equal(new Turns().take(), undefined)
})
