import { type CronSchedule, type EverySchedule, parseCronSchedule } from '@tandem/api/batch/v1/cron-schedule'
import type { CronJob } from '@tandem/api/batch/v1/types'
import type { EventRecorder } from '@tandem/client'
import { nextTime } from './next-time.ts'
import type { Next } from './plan.ts'

const here = Intl.DateTimeFormat().resolvedOptions().timeZone

/** The times of a CronJob; undefined, and told, where its schedule or its time zone cannot be understood. */
export function scheduleOf(cronJob: CronJob, recorder: EventRecorder): Next | undefined {
  const { schedule, timeZone } = cronJob.spec
  const warn = (reason: string, message: string) =>
    recorder.record({ object: cronJob, type: 'Warning', reason, message })
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    warn('UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`)
    return undefined
  }
  if (schedule.includes('TZ'))
    warn(
      'UnsupportedSchedule',
      `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
    )
  const zone = /^(?:CRON_)?TZ=(\S+)/.exec(schedule)?.[1] ?? timeZone ?? here
  try {
    if (!isTimeZone(zone)) throw new Error(`provided bad location ${zone}: unknown time zone ${zone}`)
    const parsed: CronSchedule | EverySchedule = parseCronSchedule(schedule)
    return (after) => nextTime(parsed, after, zone)
  } catch (error) {
    warn('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${(error as Error).message}`)
    return undefined
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}
