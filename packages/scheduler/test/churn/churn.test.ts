import fc from 'fast-check'
import t from 'tap'
import { churn } from './changes.ts'
import { World } from './world.ts'

/** The same churn every time; for more and other: `CHURN_RUNS=5000 CHURN_SEED=7 node packages/scheduler/test/churn/churn.test.ts` */
const seed = Number(process.env.CHURN_SEED ?? 20261122)
const numRuns = Number(process.env.CHURN_RUNS ?? 60)

t.setTimeout(30_000 + numRuns * 500)

t.test('no constraint is broken, no node overcommitted, no pod lost, whatever happens to nodes and pods', async (t) => {
  let bindings = 0
  await fc.assert(
    fc.asyncProperty(churn, async ({ bursts, failures }) => {
      const world = new World(failures)
      await world.start()
      try {
        for (const { changes, rests } of bursts) {
          for (const change of changes) await world.happen(change)
          if (rests) await world.rest()
        }
        await world.rest()
        const problems = [...world.problems, ...(await world.lost())]
        if (problems.length > 0) throw new Error(problems.join('\n'))
        bindings += world.bindings
      } finally {
        await world.stop()
      }
    }),
    { seed, numRuns },
  )
  t.ok(bindings > numRuns, `${bindings} bindings`)
})
