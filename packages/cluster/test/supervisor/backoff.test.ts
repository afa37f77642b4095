import t from 'tap'
import { createRestartBackoff } from '../../src/supervisor/backoff.ts'

t.test('the first restart is at once, later ones wait twice as long each, up to 10 s', (t) => {
  const backoff = createRestartBackoff()
  t.same(
    Array.from({ length: 9 }, () => backoff.next(1000)),
    [0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000],
  )
  t.end()
})

t.test('a run of a minute makes good', (t) => {
  const backoff = createRestartBackoff()
  for (let run = 0; run < 5; run++) backoff.next(1000)
  t.equal(backoff.next(60_000), 0)
  t.equal(backoff.next(1000), 250)
  t.end()
})
