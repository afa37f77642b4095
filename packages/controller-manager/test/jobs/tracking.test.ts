import t from 'tap'
import { newCondition } from '../../src/jobs/conditions.ts'
import { runOf } from '../../src/jobs/run.ts'
import { timeToLive } from '../../src/jobs/time-to-live.ts'
import { settle, track } from '../../src/jobs/tracking.ts'
import { noon, someJob, somePod } from './some-job.ts'

const failure = newCondition('FailureTarget', { reason: 'x', message: '' }, noon)

t.test('a pod that ended is named, let go, and then counted', async (t) => {
  const [done, failed, running] = [somePod({ phase: 'Succeeded' }), somePod({ phase: 'Failed' }), somePod()]
  const job = someJob({ completions: 3 }, { succeeded: 1 })
  const { status, release } = track(runOf(job, [done, failed, running], new Set()), undefined)
  t.same(status.uncountedTerminatedPods, { succeeded: [done.metadata.uid], failed: [failed.metadata.uid] })
  t.same(release, [done, failed])
  t.same(settle(status, new Set([failed.metadata.uid])), {
    succeeded: 2,
    uncountedTerminatedPods: { failed: [failed.metadata.uid] },
  })
})

t.test('what was let go already is only counted', async (t) => {
  const done = somePod({ phase: 'Succeeded' })
  const { uid } = done.metadata
  const job = someJob({}, { uncountedTerminatedPods: { succeeded: [uid] } })
  const { status, release } = track(runOf(job, [done], new Set([uid])), undefined)
  t.same(status, { succeeded: 1, uncountedTerminatedPods: {} })
  t.same(release, [])
})

t.test('of a job that failed whatever had not ended failed; of one that succeeded it did not', async (t) => {
  const pod = somePod()
  const run = runOf(someJob(), [pod], new Set())
  t.same(track(run, failure).status.uncountedTerminatedPods, { failed: [pod.metadata.uid] })
  t.same(track(run, { ...failure, type: 'SuccessCriteriaMet' }).status.uncountedTerminatedPods, {})
})

t.test('an index is counted by its number, and a failure waits for its replacement', async (t) => {
  const spec = { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 2, backoffLimit: 99 } as const
  const [done, failed, outside] = [
    somePod({ phase: 'Succeeded', index: 1 }),
    somePod({ phase: 'Failed', index: 0 }),
    somePod({ phase: 'Succeeded', index: 7 }),
  ]
  const pods = [done, failed, outside]
  const first = track(runOf(someJob(spec), pods, new Set()), undefined)
  t.match(first.status, { completedIndexes: '1', succeeded: 1, failedIndexes: '', uncountedTerminatedPods: {} })
  t.same(first.release, [outside, done])
  const replaced = track(runOf(someJob(spec), [...pods, somePod({ index: 0, failures: 1 })], new Set()), undefined)
  t.same(replaced.status.uncountedTerminatedPods, { failed: [failed.metadata.uid] })
})

t.test('no more than five hundred at a time', async (t) => {
  const pods = Array.from({ length: 501 }, () => somePod({ phase: 'Succeeded' }))
  const { release, more } = track(runOf(someJob({ completions: 501 }), pods, new Set()), undefined)
  t.same([release.length, more], [500, true])
})

const complete = newCondition('Complete', { reason: '', message: '' }, noon)
const lives = [
  { name: 'it runs', spec: { ttlSecondsAfterFinished: 5 }, status: {}, expected: undefined },
  { name: 'it is kept', spec: {}, status: { conditions: [complete] }, expected: undefined },
  {
    name: 'it is kept for a while',
    spec: { ttlSecondsAfterFinished: 5 },
    status: { conditions: [complete] },
    expected: 3_000,
  },
]
for (const { name, spec, status, expected } of lives)
  t.test(`time to live: ${name}`, async (t) => t.equal(timeToLive(someJob(spec, status), noon + 2_000), expected))
