import type { CronSchedule, EverySchedule } from '@tandem/api/batch/v1/cron-schedule'

/** What never comes in these years never comes: the 31st of February. */
const yearsAhead = 5

/**
 * The first time after `after`, in milliseconds, that a schedule names in a time zone. An hour that the clock skips has no runs; one that it
 * repeats has them twice.
 */
export function nextTime(schedule: CronSchedule | EverySchedule, after: number, timeZone: string): number | undefined {
  if ('every' in schedule) return Math.floor(after / 1000) * 1000 + schedule.every
  const start = Math.floor(after / 60_000) * 60_000 + 60_000
  let time = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(timeZone)
  const lastYear = time.year + yearsAhead
  while (time.year <= lastYear) {
    if (!schedule.month.has(time.month)) time = time.with({ day: 1 }).startOfDay().add({ months: 1 }).startOfDay()
    else if (!isOnDay(schedule, time)) time = time.startOfDay().add({ days: 1 }).startOfDay()
    else if (!schedule.hour.has(time.hour)) time = time.add({ minutes: 60 - time.minute })
    else if (!schedule.minute.has(time.minute)) time = time.add({ minutes: 1 })
    else return time.epochMilliseconds
  }
  return undefined
}

function isOnDay(
  { dayOfMonth, dayOfWeek, anyDayOfMonth, anyDayOfWeek }: CronSchedule,
  time: { day: number; dayOfWeek: number },
): boolean {
  const [ofMonth, ofWeek] = [dayOfMonth.has(time.day), dayOfWeek.has(time.dayOfWeek % 7)]
  return anyDayOfMonth || anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek
}
