import t from 'tap'
import { slowStart } from '../src/slow-start.ts'

interface Row {
  count: number
  /** Which attempts fail, counted from 1. */
  fails?: number[]
  batches: number[]
  succeeded: number
}
const rows: Record<string, Row> = {
  'nothing to do': { count: 0, batches: [], succeeded: 0 },
  'batches double': { count: 15, batches: [1, 2, 4, 8], succeeded: 15 },
  'the last batch is what is left': { count: 10, batches: [1, 2, 4, 3], succeeded: 10 },
  'when the first fails nothing else is tried': { count: 10, fails: [1], batches: [1], succeeded: 0 },
  'a batch with a failure is finished, and is the last': { count: 20, fails: [5], batches: [1, 2, 4], succeeded: 6 },
  'all of a batch may fail': { count: 20, fails: [2, 3], batches: [1, 2], succeeded: 1 },
}
for (const [name, { count, fails = [], batches, succeeded }] of Object.entries(rows)) {
  t.test(name, async (t) => {
    const seen: number[] = []
    let tried = 0
    let running = 0
    const result = await slowStart(count, async () => {
      tried += 1
      const number = tried
      if (running === 0) seen.push(0)
      running += 1
      seen.push((seen.pop() ?? 0) + 1)
      await Promise.resolve()
      running -= 1
      if (fails.includes(number)) throw new Error(`attempt ${number}`)
    })
    t.same(seen, batches)
    t.equal(result.succeeded, succeeded)
    if (fails.length > 0) t.match(result.error, { message: `attempt ${fails[0]}` })
    else t.equal(result.error, undefined)
  })
}
