import t from 'tap'
import { parseCronSchedule } from '../../../src/batch/v1/cron-schedule.ts'
import { cronJobs } from '../../../src/batch/v1/cronjob.ts'
import { created, faults, noon, row } from '../../rules.ts'

const jobTemplate = {
  spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'hi', image: 'busybox' }] } } },
}
const spec = { schedule: '*/5 * * * *', jobTemplate }

t.test('defaults', async (t) => {
  t.match(created(cronJobs, { spec }).spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  })
})

const rows = [
  { name: 'good', draft: { spec }, expected: [] },
  { name: 'no schedule', draft: { spec: { jobTemplate } }, expected: ['spec.schedule: Required value'] },
  {
    name: 'three fields',
    draft: { spec: { ...spec, schedule: '1 2 3' } },
    expected: ['spec.schedule: Invalid value: "1 2 3": expected exactly 5 fields, found 3: [1 2 3]'],
  },
  {
    name: 'a time zone in the schedule',
    draft: { spec: { ...spec, schedule: 'TZ=UTC 0 * * * *' } },
    expected: [
      'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
  },
  {
    name: 'a zone that is none',
    draft: { spec: { ...spec, timeZone: 'Mars/Olympus' } },
    expected: ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
  },
  { name: 'a zone', draft: { spec: { ...spec, timeZone: 'Europe/Berlin' } }, expected: [] },
  {
    name: 'a name too long for its jobs',
    draft: { spec, metadata: { name: 'a'.repeat(53) } },
    expected: [`metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`],
  },
]
for (const { name, draft, expected } of rows) t.test(name, async (t) => t.strictSame(faults(cronJobs, draft), expected))

const schedules = [
  {
    text: '*/20 9-17/4 1,15 jan,MAR 1-5',
    minute: [0, 20, 40],
    hour: [9, 13, 17],
    dayOfMonth: [1, 15],
    month: [1, 3],
    dayOfWeek: [1, 2, 3, 4, 5],
  },
  { text: '5/25 0 * * *', minute: [5, 30, 55], hour: [0] },
  { text: '@weekly', minute: [0], hour: [0], dayOfWeek: [0], anyDayOfMonth: true, anyDayOfWeek: false },
]
for (const { text, ...expected } of schedules)
  t.test(text, async (t) => {
    const parsed = parseCronSchedule(text)
    for (const [field, values] of Object.entries(expected)) {
      const found = (parsed as unknown as Record<string, unknown>)[field]
      t.strictSame(found instanceof Set ? [...found] : found, values, field)
    }
  })

t.test('@every', async (t) => t.strictSame(parseCronSchedule('@every 1h30m'), { every: 5_400_000 }))

const bad = [
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@often', 'unrecognized descriptor: @often'],
] as const
for (const [text, message] of bad) t.test(text, async (t) => t.throws(() => parseCronSchedule(text), { message }))

t.test('the table', async (t) => {
  t.match(row(cronJobs, created(cronJobs, { spec }), noon), {
    Schedule: '*/5 * * * *',
    Timezone: '<none>',
    Suspend: 'False',
    Active: 0,
    'Last Schedule': '<none>',
    Images: 'busybox',
  })
})
