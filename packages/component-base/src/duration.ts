const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const whole = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g

/** Milliseconds of a duration as Go writes it: `1m30s`, `250ms`, `0`. */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  const sign = whole.exec(text)?.[1]
  if (sign === undefined) throw new Error(`invalid duration ${JSON.stringify(text)}`)
  let total = 0
  for (const [, count = '0', unit = 'ms'] of text.matchAll(part)) total += Number(count) * (units[unit] ?? 0)
  return sign === '-' ? -total : total
}

/** As Go prints a duration: `1m30s`, `250ms`, `1h0m0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 1000) return `${ms}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${(ms % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
