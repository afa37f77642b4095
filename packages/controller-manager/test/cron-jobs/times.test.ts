import { parseCronSchedule } from '@tandem/api/batch/v1/cron-schedule'
import type { CronJob, Job } from '@tandem/api/batch/v1/types'
import t from 'tap'
import { jobAt } from '../../src/cron-jobs/job-of-cronjob.ts'
import { nextTime } from '../../src/cron-jobs/next-time.ts'
import { missedTimes, untilNextRun } from '../../src/cron-jobs/plan.ts'
import { outdatedJobs } from '../../src/cron-jobs/remove-job.ts'

const nextRows = [
  { name: 'the next minute', schedule: '* * * * *', after: '2026-01-01T12:00:30Z', expected: '2026-01-01T12:01:00Z' },
  {
    name: 'not the same one again',
    schedule: '0 12 * * *',
    after: '2026-01-01T12:00:00Z',
    expected: '2026-01-02T12:00:00Z',
  },
  { name: 'over the year', schedule: '5 4 2 1 *', after: '2026-02-01T00:00:00Z', expected: '2027-01-02T04:05:00Z' },
  { name: 'a leap day', schedule: '0 0 29 2 *', after: '2026-01-01T00:00:00Z', expected: '2028-02-29T00:00:00Z' },
  { name: 'a day that never comes', schedule: '0 0 31 2 *', after: '2026-01-01T00:00:00Z', expected: undefined },
  { name: 'a Sunday', schedule: '0 0 * * 0', after: '2026-01-01T00:00:00Z', expected: '2026-01-04T00:00:00Z' },
  {
    name: 'a Friday or the thirteenth',
    schedule: '0 0 13 * 5',
    after: '2026-01-10T00:00:00Z',
    expected: '2026-01-13T00:00:00Z',
  },
  {
    name: 'every so often',
    schedule: '@every 90s',
    after: '2026-01-01T00:00:00.700Z',
    expected: '2026-01-01T00:01:30Z',
  },
  {
    name: 'in a zone',
    schedule: '30 9 * * *',
    zone: 'Asia/Kolkata',
    after: '2026-01-01T00:00:00Z',
    expected: '2026-01-01T04:00:00Z',
  },
  {
    name: 'an hour that the clock skips',
    schedule: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-03-28T12:00:00Z',
    expected: '2026-03-30T00:30:00Z',
  },
  {
    name: 'an hour that comes twice',
    schedule: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-10-25T00:30:00Z',
    expected: '2026-10-25T01:30:00Z',
  },
  {
    name: 'a midnight that is skipped',
    schedule: '0 1 * * *',
    zone: 'America/Sao_Paulo',
    after: '2018-11-03T12:00:00Z',
    expected: '2018-11-04T03:00:00Z',
  },
]
for (const { name, schedule, zone = 'UTC', after, expected } of nextRows)
  t.test(`next: ${name}`, async (t) => {
    const time = nextTime(parseCronSchedule(schedule), Date.parse(after), zone)
    t.equal(time && new Date(time).toISOString(), expected && new Date(expected).toISOString())
  })

const cronJob = (spec: object = {}, lastScheduleTime?: string): CronJob =>
  ({
    metadata: { name: 'cron', namespace: 'ns', uid: 'cron', creationTimestamp: '2026-01-01T00:00:30Z' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: {} }, ...spec },
    status: lastScheduleTime ? { lastScheduleTime } : {},
  }) as unknown as CronJob
const next = (schedule: string) => (after: number) => nextTime(parseCronSchedule(schedule), after, 'UTC')
const text = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString().slice(11, 19))

const missedRows = [
  { name: 'none yet', schedule: '0 * * * *', now: '00:30:00', due: undefined, wait: 30 * 60 },
  { name: 'the first', schedule: '0 * * * *', now: '01:00:01', due: '01:00:00', wait: 59 * 60 + 59 },
  { name: 'of several the last', schedule: '0 * * * *', now: '05:10:00', due: '05:00:00', wait: 50 * 60 },
  { name: 'done already', schedule: '0 * * * *', last: '05:00:00', now: '05:10:00', due: undefined, wait: 50 * 60 },
  {
    name: 'too late',
    schedule: '0 * * * *',
    spec: { startingDeadlineSeconds: 60 },
    now: '05:10:00',
    due: undefined,
    wait: 50 * 60,
  },
  {
    name: 'late, but in time',
    schedule: '0 * * * *',
    spec: { startingDeadlineSeconds: 900 },
    now: '05:10:00',
    due: '05:00:00',
    wait: 50 * 60,
  },
  { name: 'so many', schedule: '* * * * *', now: '02:00:10', due: '02:00:00', tooMany: true, wait: 50 },
  { name: 'irregular ones', schedule: '0 6-16/4 * * *', now: '15:00:00', due: '14:00:00', wait: 15 * 3600 },
  { name: 'at intervals', schedule: '@every 1h', now: '03:10:00', due: '03:00:30', wait: 50 * 60 + 30 },
]
for (const { name, schedule, spec, last, now, due, tooMany = false, wait } of missedRows)
  t.test(`missed: ${name}`, async (t) => {
    const job = cronJob(spec, last && `2026-01-01T${last}Z`)
    const times = { next: next(schedule), now: Date.parse(`2026-01-01T${now}Z`) }
    const missed = missedTimes(job, times)
    t.same([text(missed.due), missed.tooMany], [due, tooMany])
    t.equal(untilNextRun(job, times), wait * 1000 + 100)
  })

t.test('a schedule that names no time', async (t) => {
  const times = { next: next('59 23 31 2 *'), now: Date.parse('2026-01-02T00:00:00Z') }
  t.throws(() => missedTimes(cronJob(), times), {
    message: 'time difference between two schedules is less than 1 second',
  })
  t.equal(untilNextRun(cronJob(), times), undefined)
})

t.test('a job is named after its time, and says it', async (t) => {
  const job = jobAt(cronJob({ timeZone: 'Europe/Berlin' }), Date.parse('2026-07-01T12:00:00Z'))
  t.match(job.metadata, {
    name: 'cron-29715120',
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-07-01T14:00:00+02:00' },
    ownerReferences: [{ kind: 'CronJob', controller: true }],
  })
  t.match(jobAt(cronJob(), 0).metadata.annotations, {
    'batch.kubernetes.io/cronjob-scheduled-timestamp': '1970-01-01T00:00:00Z',
  })
})

t.test('the oldest beyond what is kept', async (t) => {
  const job = (name: string, type: string, startTime?: string): Job =>
    ({ metadata: { name }, status: { startTime, conditions: [{ type, status: 'True' }] } }) as unknown as Job
  const owned = [
    job('young', 'Complete', '2026-01-03T00:00:00Z'),
    job('old', 'Complete', '2026-01-01T00:00:00Z'),
    job('middle', 'Complete', '2026-01-02T00:00:00Z'),
    job('failed', 'Failed', '2026-01-01T00:00:00Z'),
    job('never', 'Failed'),
  ]
  const names = (spec: object) => outdatedJobs(cronJob(spec), owned).map(({ metadata }) => metadata.name)
  t.same(names({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 }), ['old', 'middle', 'failed'])
  t.same(names({}), [])
  t.same(names({ successfulJobsHistoryLimit: 0 }), ['old', 'middle', 'young'])
})
