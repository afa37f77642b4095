/** Which minutes, hours and so on a schedule names. */
export interface CronSchedule {
  minute: ReadonlySet<number>
  hour: ReadonlySet<number>
  dayOfMonth: ReadonlySet<number>
  month: ReadonlySet<number>
  dayOfWeek: ReadonlySet<number>
  /** A day matches both fields when one of them is `*`, either when none is. */
  anyDayOfMonth: boolean
  anyDayOfWeek: boolean
}

/** `@every 5m`: milliseconds from one run to the next. */
export interface EverySchedule {
  every: number
}

interface Bounds {
  min: number
  max: number
  names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const bounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
]
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Parses a CronJob's schedule; throws in the words of upstream's parser. A time zone before it is left to the caller. */
export function parseCronSchedule(text: string): CronSchedule | EverySchedule {
  const spec = text.replace(/^(?:CRON_)?TZ=\S+\s+/, '')
  if (spec === '') throw new Error('empty spec string')
  if (spec.startsWith('@every ')) return { every: parseEvery(spec) }
  if (spec.startsWith('@') && !descriptors[spec]) throw new Error(`unrecognized descriptor: ${spec}`)
  const fields = (descriptors[spec] ?? spec).split(/\s+/).filter(Boolean)
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.map((field, index) =>
    parseField(field, bounds[index] as Bounds),
  )
  const isAny = (index: number): boolean => (fields[index] ?? '').split(',').some((part) => /^[*?](\/1)?$/.test(part))
  return {
    minute: minute as Set<number>,
    hour: hour as Set<number>,
    dayOfMonth: dayOfMonth as Set<number>,
    month: month as Set<number>,
    dayOfWeek: dayOfWeek as Set<number>,
    anyDayOfMonth: isAny(2),
    anyDayOfWeek: isAny(4),
  }
}

function parseEvery(spec: string): number {
  const text = spec.slice('@every '.length)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.replace(/^[+-]/, ''))
    throw new Error(`failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(text)}`)
  const milliseconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0)
  // Runs are at whole seconds, one apart at least.
  return Math.max(1000, Math.floor((text.startsWith('-') ? -milliseconds : milliseconds) / 1000) * 1000)
}

function parseField(field: string, limits: Bounds): Set<number> {
  return new Set(
    field
      .split(',')
      .filter(Boolean)
      .flatMap((part) => parseRange(part, limits)),
  )
}

function parseRange(text: string, limits: Bounds): number[] {
  const [range = '', step, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreHyphens] = range.split('-')
  if (moreHyphens.length > 0) throw new Error(`too many hyphens: ${text}`)
  if (moreSteps.length > 0) throw new Error(`too many slashes: ${text}`)
  const any = low === '*' || low === '?'
  const start = any ? limits.min : parseNumber(low, limits)
  // A step without an end runs to the last value: `5/15`.
  const end =
    any || (high === undefined && step !== undefined)
      ? limits.max
      : high === undefined
        ? start
        : parseNumber(high, limits)
  const by = step === undefined ? 1 : parseNumber(step, { min: 0, max: 0 })
  if (start < limits.min) throw new Error(`beginning of range (${start}) below minimum (${limits.min}): ${text}`)
  if (end > limits.max) throw new Error(`end of range (${end}) above maximum (${limits.max}): ${text}`)
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (by === 0) throw new Error(`step of range should be a positive number: ${text}`)
  const values: number[] = []
  for (let value = start; value <= end; value += by) values.push(value)
  return values
}

function parseNumber(text: string, { names, min }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + min
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const number = Number(text)
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${text}`)
  return number
}
