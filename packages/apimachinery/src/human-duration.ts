const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** Durations below `below` are told in `unit`, with what is left over in `rest` where the unit alone says too little. */
interface Step {
  below: number
  unit: number
  suffix: string
  rest?: { unit: number; suffix: string }
}

const steps: readonly Step[] = [
  { below: 2 * minute, unit: second, suffix: 's' },
  { below: 10 * minute, unit: minute, suffix: 'm', rest: { unit: second, suffix: 's' } },
  { below: 3 * hour, unit: minute, suffix: 'm' },
  { below: 8 * hour, unit: hour, suffix: 'h', rest: { unit: minute, suffix: 'm' } },
  { below: 2 * day, unit: hour, suffix: 'h' },
  { below: 8 * day, unit: day, suffix: 'd', rest: { unit: hour, suffix: 'h' } },
  { below: 2 * year, unit: day, suffix: 'd' },
  { below: 8 * year, unit: year, suffix: 'y', rest: { unit: day, suffix: 'd' } },
  { below: Number.POSITIVE_INFINITY, unit: year, suffix: 'y' },
]

/** A duration in two or three significant figures, as kubectl prints ages: `45s`, `2m30s`, `3h12m`, `5d`. */
export function humanDuration(milliseconds: number): string {
  // Clocks of two machines differ a little: up to two seconds ahead still counts as now.
  if (milliseconds <= -2 * second) return '<invalid>'
  if (milliseconds < 0) return '0s'
  const step = steps.find(({ below }) => milliseconds < below) as Step
  const whole = `${Math.floor(milliseconds / step.unit)}${step.suffix}`
  if (!step.rest) return whole
  const rest = Math.floor((milliseconds % step.unit) / step.rest.unit)
  return rest === 0 ? whole : `${whole}${rest}${step.rest.suffix}`
}

/** The age of a timestamp at `now` (milliseconds), or `<unknown>` where there is none. */
export const ageOf = (timestamp: string | undefined | null, now: number): string =>
  timestamp ? humanDuration(now - Date.parse(timestamp)) : '<unknown>'
