import type { CronJob } from '@tandem/api/batch/v1/types'

/** The first time that a schedule names after the one given. */
export type Next = (after: number) => number | undefined

export interface Missed {
  /** The last time that should have had a job and has none. */
  due: number | undefined
  /** So many that a clock may be wrong. */
  tooMany: boolean
}

const many = 100
/** A clock that is a little behind must not wake up before its time. */
const marginMs = 100

const unreachable = () => new Error('time difference between two schedules is less than 1 second')

/** Looks back to the last run, and no further than the deadline for starting allows. Throws for a schedule that names no time. */
export function missedTimes(cronJob: CronJob, { next, now }: { next: Next; now: number }): Missed {
  const { startingDeadlineSeconds } = cronJob.spec
  const deadline =
    startingDeadlineSeconds === undefined ? Number.NEGATIVE_INFINITY : now - startingDeadlineSeconds * 1000
  return since(Math.max(lastRun(cronJob), deadline), { next, now })
}

const lastRun = ({ metadata, status }: CronJob): number =>
  Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp)

function since(earliest: number, { next, now }: { next: Next; now: number }): Missed & { missedAny: boolean } {
  const first = next(earliest)
  const second = first === undefined ? undefined : next(first)
  if (first === undefined || second === undefined) throw unreachable()
  if (now < first) return { due: undefined, tooMany: false, missedAny: false }
  if (now < second) return { due: first, tooMany: false, missedAny: false }
  const interval = Math.round((second - first) / 1000) * 1000
  if (interval < 1000) throw unreachable()
  const count = Math.floor((now - first) / interval) + 1
  // From a little before the last, by the interval between the first two: there is no need to go through them all.
  let due: number | undefined
  for (let time = next(first + (count - 2) * interval); time !== undefined && time <= now; time = next(time)) due = time
  return { due, tooMany: count > many, missedAny: true }
}

/** Milliseconds until the next run that nobody is late for. */
export function untilNextRun(cronJob: CronJob, { next, now }: { next: Next; now: number }): number | undefined {
  const time = next(lastTime(cronJob, { next, now }))
  return time === undefined ? undefined : time + marginMs - now
}

function lastTime(cronJob: CronJob, times: { next: Next; now: number }): number {
  const earliest = lastRun(cronJob)
  try {
    const { due, missedAny } = since(earliest, times)
    return due ?? (missedAny ? times.now : earliest)
  } catch {
    return times.now
  }
}
