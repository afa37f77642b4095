export interface MetricFamily {
  name: string
  help: string
  type: 'counter' | 'gauge'
  samples: readonly ExposedSample[]
}

export interface ExposedSample {
  labels: Readonly<Record<string, string>>
  value: number
  /** Milliseconds since the epoch at which the value was true. */
  time?: number
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** Metrics in Prometheus' text format. Families without samples are left out. */
export const exposition = (families: readonly MetricFamily[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((sample) => line(name, sample)).join('')}`,
    )
    .join('')

function line(name: string, { labels, value, time }: ExposedSample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  const set = pairs.length > 0 ? `{${pairs.join(',')}}` : ''
  return `${name}${set} ${value}${time === undefined ? '' : ` ${time}`}\n`
}

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))
