import type { CrossVersionObjectReference } from '@tandem/api/autoscaling/v2/types'
import type { LabelSelector } from '@tandem/api/meta/v1/types'
import { podMetrics } from '@tandem/api/metrics/v1beta1/podmetrics'
import type { ContainerMetrics, PodMetrics as ResourceMetrics } from '@tandem/api/metrics/v1beta1/types'
import {
  isNotFound,
  labelMatcherOf,
  parseApiVersion,
  printLabelMatcher,
  quantityMilliValue,
} from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { discoverGroupVersion } from '@tandem/client/discovery'
import { parseDuration } from '@tandem/component-base/duration'
import { messageOf } from '../failure.ts'
import type { PodMetric, PodMetrics } from './pod-groups.ts'

interface MetricValue {
  describedObject?: { name?: string }
  timestamp: string
  /** Of v1beta2 and of v1beta1. */
  windowSeconds?: number
  window?: number
  value: string
}

interface MetricValueList {
  items?: MetricValue[]
}

const customGroup = 'custom.metrics.k8s.io'
const externalPath = '/apis/external.metrics.k8s.io/v1beta1'
/** Of metrics that do not tell over what time they were measured. */
const presetWindow = 60_000

/** Reads metrics from whoever serves their APIs: resource metrics, custom metrics, external metrics. Amounts are in thousandths. */
export class MetricsClient {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async resource(
    { namespace, selector }: { namespace: string; selector: string },
    { resource, container }: { resource: string; container: string | undefined },
  ): Promise<PodMetrics> {
    const api = 'resource metrics API'
    const list = () => this.#client.list(podMetrics, { namespace, labelSelector: selector })
    const { items } = await fetched(api, 'pods.metrics.k8s.io', list)
    if (items.length === 0) throw new Error(`no metrics returned from ${api}`)
    return new Map(
      items.flatMap((item) => {
        const metric = resourceMetric(item, resource, container)
        return metric ? [[item.metadata.name, metric] as const] : []
      }),
    )
  }

  /** Of each pod, from custom metrics. */
  async pods(
    { namespace, selector }: { namespace: string; selector: string },
    metric: { name: string; selector?: LabelSelector },
  ): Promise<PodMetrics> {
    const path = `namespaces/${namespace}/pods/*/${metric.name}`
    const items = await this.#custom(path, {
      labelSelector: selector,
      metricLabelSelector: selectorText(metric.selector),
    })
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API')
    return new Map(
      items.map((item) => [
        item.describedObject?.name ?? '',
        {
          value: quantityMilliValue(item.value),
          time: Date.parse(item.timestamp),
          windowMs: windowOf(item),
        },
      ]),
    )
  }

  /** Of one object, from custom metrics. */
  async object(
    namespace: string,
    object: CrossVersionObjectReference,
    metric: { name: string; selector?: LabelSelector },
  ): Promise<number> {
    const { group } = parseApiVersion(object.apiVersion ?? '')
    // A namespace is the autoscaler's own, whatever name is given.
    const path = async (): Promise<string> =>
      object.kind === 'Namespace' && group === ''
        ? `namespaces/${namespace}/metrics/${metric.name}`
        : `namespaces/${namespace}/${await this.#resourceOf(object)}/${object.name}/${metric.name}`
    const items = await this.#custom(path, { metricLabelSelector: selectorText(metric.selector) })
    const [item] = items
    if (!item || items.length !== 1)
      throw unfetched(
        'custom metrics API',
        `the custom metrics API server returned ${items.length} results when we asked for exactly one`,
      )
    return quantityMilliValue(item.value)
  }

  /** The sum of all series that are selected. */
  async external(namespace: string, metric: { name: string; selector?: LabelSelector }): Promise<number> {
    const api = 'external metrics API'
    const path = `${externalPath}/namespaces/${namespace}/${metric.name}`
    const query = { labelSelector: selectorText(metric.selector) || undefined }
    const { items = [] } = await fetched(api, `${metric.name}.external.metrics.k8s.io`, () =>
      this.#client.request<MetricValueList>({ path, query }),
    )
    if (items.length === 0) throw new Error(`no metrics returned from ${api}`)
    return items.reduce((sum, { value }) => sum + quantityMilliValue(value), 0)
  }

  async #custom(
    path: string | (() => Promise<string>),
    query: Record<string, string | undefined>,
  ): Promise<MetricValue[]> {
    const { items = [] } = await fetched('custom metrics API', customGroup, async () => {
      const version = await this.#customVersion()
      const below = typeof path === 'string' ? path : await path()
      return this.#client.request<MetricValueList>({
        path: `/apis/${customGroup}/${version}/${below}`,
        query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value || undefined])),
      })
    })
    return items
  }

  async #customVersion(): Promise<string> {
    const { groups } = await this.#client.request<{
      groups: { name: string; preferredVersion: { version: string } }[]
    }>({
      path: '/apis',
    })
    const version = groups.find(({ name }) => name === customGroup)?.preferredVersion.version
    if (!version) throw new Error(`no custom metrics API (${customGroup}) registered`)
    return version
  }

  /** `services`, `deployments.apps`: how paths of custom metrics name a resource. */
  async #resourceOf({ apiVersion = 'v1', kind }: CrossVersionObjectReference): Promise<string> {
    const { group } = parseApiVersion(apiVersion)
    const resources = await discoverGroupVersion(this.#client, apiVersion)
    const found = resources.find((resource) => resource.kind === kind)
    if (!found)
      throw new Error(
        `unable to map kind ${kind}${group && `.${group}`} to resource: no matches for kind "${kind}" in group "${group}"`,
      )
    return group ? `${found.plural}.${group}` : found.plural
  }
}

const unfetched = (api: string, why: string, cause?: unknown): Error =>
  new Error(`unable to fetch metrics from ${api}: ${why}`, { cause })

async function fetched<T>(api: string, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    // That nobody serves it is told without saying what.
    const message = messageOf(error)
    const bare = isNotFound(error) && message === 'the server could not find the requested resource'
    throw unfetched(api, bare ? `${message} (get ${what})` : message, error)
  }
}

function resourceMetric(
  { timestamp, window, containers }: ResourceMetrics,
  resource: string,
  container: string | undefined,
): PodMetric | undefined {
  const counted = container === undefined ? containers : containers.filter(({ name }) => name === container)
  const amounts = counted.map(({ usage }: ContainerMetrics) => usage[resource])
  if (amounts.length === 0 || amounts.includes(undefined)) return undefined
  return {
    value: amounts.reduce((sum, amount) => sum + quantityMilliValue(amount ?? '0'), 0),
    time: Date.parse(timestamp),
    windowMs: parseDuration(window),
  }
}

function windowOf({ windowSeconds, window }: MetricValue): number {
  const seconds = windowSeconds ?? window
  return seconds === undefined ? presetWindow : seconds * 1000
}

const selectorText = (selector: LabelSelector | undefined): string => printLabelMatcher(labelMatcherOf(selector))
