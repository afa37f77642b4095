import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import type { HealthEndpoint, HealthOutcome } from './health.ts'

interface Seen {
  name: string
  type: HealthEndpoint
  success: number
  error: number
  last: boolean
}

/** What came of each health check that somebody asked for, as `/metrics/slis` tells it. */
export class HealthSlis {
  readonly metrics: Metrics
  readonly #seen = new Map<string, Seen>()

  constructor() {
    this.metrics = createMetrics({ process: false, build: false })
    this.metrics.collected({
      name: 'kubernetes_healthcheck',
      help: 'This metric records the result of a single healthcheck.',
      type: 'gauge',
      collect: () => this.#all().map(({ name, type, last }) => ({ labels: { name, type }, value: last ? 1 : 0 })),
    })
    this.metrics.collected({
      name: 'kubernetes_healthchecks_total',
      help: 'This metric records the results of all healthcheck.',
      type: 'counter',
      collect: () =>
        this.#all().flatMap(({ name, type, ...counts }) =>
          (['success', 'error'] as const)
            .filter((status) => counts[status] > 0)
            .map((status) => ({ labels: { name, status, type }, value: counts[status] })),
        ),
    })
  }

  readonly observe = ({ name, endpoint: type, passed }: HealthOutcome): void => {
    const key = `${type}/${name}`
    const seen = this.#seen.get(key) ?? { name, type, success: 0, error: 0, last: passed }
    seen[passed ? 'success' : 'error']++
    seen.last = passed
    this.#seen.set(key, seen)
  }

  #all(): Seen[] {
    return [...this.#seen.values()]
  }
}
