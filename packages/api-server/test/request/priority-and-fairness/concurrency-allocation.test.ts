import t from 'tap'
import { allocate } from '../../../src/request/priority-and-fairness/concurrency-allocation.ts'

const claim = (lowerBound: number, target: number, upperBound: number) => ({ lowerBound, target, upperBound })
const rows = [
  { name: 'nothing to divide', sum: 0, claims: [claim(0, 1, 5)], seats: [0] },
  { name: 'all to one', sum: 4, claims: [claim(0, 1, 5)], seats: [4] },
  { name: 'in proportion', sum: 9, claims: [claim(0, 1, 100), claim(0, 2, 100)], seats: [3, 6] },
  { name: 'an upper bound is in the way', sum: 9, claims: [claim(0, 1, 100), claim(0, 2, 4)], seats: [5, 4] },
  { name: 'a lower bound is in the way', sum: 9, claims: [claim(4, 4, 9), claim(0, 14, 99)], seats: [4, 5] },
  { name: 'as much as all may have', sum: 9, claims: [claim(0, 1, 5), claim(0, 1, 4)], seats: [5, 4] },
  { name: 'as little as all must have', sum: 9, claims: [claim(5, 5, 9), claim(4, 40, 90)], seats: [5, 4] },
  { name: 'who wants nothing still gets something', sum: 8, claims: [claim(0, 0, 8), claim(0, 0, 8)], seats: [4, 4] },
  { name: 'less than all must have', sum: 8, claims: [claim(5, 5, 9), claim(4, 4, 9)], seats: undefined },
  { name: 'more than all may have', sum: 10, claims: [claim(0, 1, 5), claim(0, 1, 4)], seats: undefined },
]
for (const { name, sum, claims, seats } of rows)
  t.test(name, async (t) => {
    const given = allocate(sum, claims)
    if (!seats) return t.equal(given, undefined)
    t.same(
      given?.seats.map((number) => Math.round(number * 1000) / 1000),
      seats,
    )
  })

t.test('whatever is asked for, all is given and every bound is kept', async (t) => {
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  for (let round = 0; round < 500; round++) {
    const claims = Array.from({ length: 1 + random(8) }, () => {
      const lower = random(20)
      return claim(lower, lower + random(50), lower + random(100))
    })
    const least = claims.reduce((sum, { lowerBound }) => sum + lowerBound, 0)
    const most = claims.reduce((sum, { upperBound }) => sum + upperBound, 0)
    const sum = least + random(most - least + 1)
    const seats = allocate(sum, claims)?.seats ?? []
    const wrong = seats.filter(
      (given, i) => given < (claims[i]?.lowerBound ?? 0) || given > (claims[i]?.upperBound ?? 0),
    )
    const total = seats.reduce((all, given) => all + given, 0)
    if (wrong.length > 0 || Math.abs(total - sum) > 0.001) return t.fail(JSON.stringify({ sum, claims, seats }))
  }
  t.pass('500 rounds')
})
