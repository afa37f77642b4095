import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { gitVersion, kubernetesMajor, kubernetesMinor } from '../version.ts'
import { collectProcessMetrics } from './process-metrics.ts'

/** What a component counts. One registry a component, so that several in a process keep apart what they count. */
export interface Metrics {
  counter<Label extends string = never>(description: MetricDescription<Label>): Counter<Label>
  gauge<Label extends string = never>(
    description: MetricDescription<Label> & { collect?: (gauge: Gauge<Label>) => void },
  ): Gauge<Label>
  histogram<Label extends string = never>(
    description: MetricDescription<Label> & { buckets: readonly number[] },
  ): Histogram<Label>
  /** Figures that are counted elsewhere, in whatever is cheapest there, and put together when somebody reads the metrics. */
  collected(metric: CollectedMetric): void
  readonly contentType: string
  /** The text of `/metrics`. */
  text(): Promise<string>
}

export interface MetricDescription<Label extends string> {
  /** Upstream's name, where upstream has such a metric. */
  name: string
  help: string
  labels?: readonly Label[]
}

export interface CollectedMetric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  collect(): Sample[]
}

export interface Sample {
  /** Of a histogram's parts: the metric's name with `_bucket`, `_sum` or `_count`. */
  metricName?: string
  labels: Readonly<Record<string, string>>
  value: number
}

export interface MetricsOptions {
  /** Also tell of the process: memory, CPU, event loop. Off where several components share one. */
  process?: boolean
  /** Tell which version this is. On unless false. */
  build?: boolean
}

export function createMetrics({ process = true, build = true }: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  if (process) collectProcessMetrics(registry)
  const common = <Label extends string>({ name, help, labels = [] }: MetricDescription<Label>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  })
  const metrics: Metrics = {
    counter: (description) => new Counter(common(description)),
    gauge: ({ collect, ...description }) => {
      const gauge: Gauge = new Gauge({ ...common(description), ...(collect && { collect: () => collect(gauge) }) })
      return gauge
    },
    histogram: ({ buckets, ...description }) => new Histogram({ ...common(description), buckets: [...buckets] }),
    collected: ({ name, help, type, collect }) => {
      const get = async () => ({ name, help, type, aggregator: 'sum', values: collect() })
      // A metric of prom-client's own kinds would have to be filled, one call a value, each time it is read.
      registry.registerMetric({ name, help, type, get, reset: () => undefined } as unknown as Gauge)
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
  if (!build) return metrics
  metrics
    .gauge({
      name: 'kubernetes_build_info',
      help: 'A metric with a constant 1 value labeled by major, minor and git version.',
      labels: ['major', 'minor', 'git_version'],
    })
    .set({ major: kubernetesMajor, minor: kubernetesMinor, git_version: gitVersion }, 1)
  return metrics
}

/** `count` buckets, each `factor` times as wide as the one before, as upstream describes most of its own. */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => start * factor ** index)
