import type { Sample } from '@tandem/component-base/metrics/metrics'
import type { RequestContext } from './context.ts'
import { Histogram } from './histogram.ts'

const durationBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
const mostSeries = 10_000
const longestKey = 1000

interface Series {
  readonly labels: Sample['labels']
  readonly codes: Map<number, number>
  readonly durations: Histogram
}

/**
 * Requests that are alike in all but their answer's code, counted together: one look-up a request. Labels come from paths that anybody
 * can make up: past a bound, what was never seen is counted without them, as is what is too long to be real.
 */
export class RequestSeries {
  readonly #series = new Map<string, Series>()
  readonly #others: Series

  constructor() {
    this.#others = seriesOf({})
    this.#series.set('', this.#others)
  }

  observe(kube: RequestContext, code: number, seconds: number): void {
    const { codes, durations } = this.#find(kube)
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (!kube.longRunning) durations.observe(seconds)
  }

  totals(): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, codes }) =>
      [...codes].map(([code, value]) => ({ labels: { ...labels, code: String(code) }, value })),
    )
  }

  durations(name: string): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, durations }) => durations.samples(name, labels))
  }

  #find(kube: RequestContext): Series {
    const { verb, apiGroup: group, apiVersion: version, resource, subresource } = kube.info
    const scope = scopeOf(kube.info)
    const dryRun = kube.parameter('dryRun') ?? ''
    const key = `${verb}/${group}/${version}/${resource}/${subresource}/${scope}/${dryRun}`
    const known = this.#series.get(key)
    if (known) return known
    if (this.#series.size >= mostSeries || key.length > longestKey) return this.#others
    const series = seriesOf({ verb: verbName(verb), dry_run: dryRun, group, version, resource, subresource, scope })
    this.#series.set(key, series)
    return series
  }
}

const noLabels = { verb: '', dry_run: '', group: '', version: '', resource: '', subresource: '', scope: '' }

const seriesOf = (labels: Partial<typeof noLabels>): Series => ({
  labels: { ...noLabels, ...labels, component: 'apiserver' },
  codes: new Map(),
  durations: new Histogram(durationBounds),
})

const scopeOf = ({ isResourceRequest, name, namespace }: RequestContext['info']): string =>
  !isResourceRequest ? '' : name ? 'resource' : namespace ? 'namespace' : 'cluster'

const verbName = (verb: string): string => verbNames[verb] ?? verb.toUpperCase()

const verbNames: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}
