import type { Sample } from '@tandem/component-base/metrics/metrics'

/** Counts in plain numbers: what a request costs here is paid by every request, what a reader of metrics costs by few. */
export class Histogram {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.sum += value
    this.count++
    for (let i = 0; i < this.bounds.length; i++)
      if (value <= (this.bounds[i] as number)) {
        this.counts[i] = (this.counts[i] as number) + 1
        return
      }
  }

  /** As a reader of the metric `name` gets it: nothing before the first value. */
  samples(name: string, labels: Sample['labels']): Sample[] {
    if (this.count === 0) return []
    let below = 0
    const buckets = this.bounds.map((bound, index) => {
      below += this.counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: below }
    })
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: this.count },
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: this.count },
    ]
  }
}
