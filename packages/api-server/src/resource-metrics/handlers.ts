import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import type { NodeMetrics, PodMetrics } from '@tandem/api/metrics/v1beta1/types'
import {
  isNotFound,
  type KubernetesObject,
  notFound,
  type ResourceDefinition,
  type StatusError,
} from '@tandem/apimachinery'
import { type Handler, keyOfRequest, type ResourceRequest } from '../handlers/handler.ts'
import { listRequest, sendFound } from '../handlers/list.ts'
import { viewOf } from '../handlers/view.ts'
import { Codec } from '../registry/entry.ts'
import type { StoredEntry, StoredList } from '../registry/store.ts'
import { timestamp } from '../registry/timestamp.ts'
import { sendRead } from '../request/compression.ts'
import type { KubeletScrapes } from './kubelet-scrapes.ts'
import { measureNode, measurePod, type ScrapePair } from './measurement.ts'

type Metrics = NodeMetrics | PodMetrics
/** By node: those whose kubelets did not answer are left out. */
type Pairs = ReadonlyMap<string, ScrapePair>

interface Measured<T extends KubernetesObject> {
  /** Whose use it is. */
  definition: ResourceDefinition<T>
  nodeOf(object: T): string | undefined
  metrics(object: T, pair: ScrapePair): Omit<NodeMetrics, 'metadata'> | Omit<PodMetrics, 'metadata'> | undefined
  /** Is everything that the object runs now in the answer? */
  isMeasured?(object: T, pair: ScrapePair): boolean
}

/** `get` and `list` of the resource metrics API. Who is there is read from the store, what they use is asked of their kubelets. */
export const resourceMetricsHandlers = (scrapes: KubeletScrapes): Record<'nodes' | 'pods', Reads> => ({
  nodes: readsOf(scrapes, {
    definition: nodes,
    nodeOf: ({ metadata }) => metadata.name,
    metrics: (_, pair) => measureNode(pair),
  }),
  pods: readsOf(scrapes, {
    definition: pods,
    nodeOf: ({ spec }) => spec.nodeName,
    metrics: metricsOfPod,
    isMeasured: isPodMeasured,
  }),
})

interface Reads {
  get: Handler
  list: Handler
}

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`

function isPodMeasured(pod: Pod, pair: ScrapePair): boolean {
  const running = (pod.status?.containerStatuses ?? []).filter(({ state }) => state?.running)
  if (running.length === 0) return true
  const measured = measurePod(pair, keyOf(pod)) ?? []
  return running.every(({ name }) => measured.some((container) => container.name === name))
}

function metricsOfPod(pod: Pod, pair: ScrapePair): Omit<PodMetrics, 'metadata'> | undefined {
  if (pod.status?.phase !== 'Running') return undefined
  const measured = measurePod(pair, keyOf(pod))
  const [first] = measured?.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1)) ?? []
  if (!measured || !first) return undefined
  const { timestamp, window } = first
  return { timestamp, window, containers: measured.map(({ name, usage }) => ({ name, usage })) }
}

const readsOf = <T extends KubernetesObject>(scrapes: KubeletScrapes, measured: Measured<T>): Reads => ({
  async get(resource) {
    const view = viewOf(resource)
    const found = await storeOf(resource, measured)
      .get(keyOfRequest(resource))
      .catch((error: unknown) => {
        throw isNotFound(error) ? notMeasured(resource) : error
      })
    const [entry] = await measuredEntries(resource, [found], { scrapes, measured })
    if (!entry) throw notMeasured(resource)
    return sendRead(resource.request, resource.reply, view.entry(entry))
  },
  async list(resource) {
    const view = viewOf(resource)
    const { namespace, labelSelector, fieldSelector } = listRequest(resource)
    const found = await storeOf(resource, measured).list({ namespace, labelSelector, fieldSelector })
    const entries = await measuredEntries(resource, found.entries, { scrapes, measured })
    const list: StoredList = { entries, revision: found.revision }
    return sendFound(resource, view, list)
  },
})

function notMeasured({ definition, kube: { info } }: ResourceRequest): StatusError {
  const { group, kind } = definition
  return notFound(
    { group, resource: kind.toLowerCase() },
    info.namespace ? `${info.namespace}/${info.name}` : info.name,
  )
}

const storeOf = <T extends KubernetesObject>({ services }: ResourceRequest, { definition }: Measured<T>) =>
  services.resources.store(definition)

async function measuredEntries<T extends KubernetesObject>(
  resource: ResourceRequest,
  found: readonly StoredEntry<T>[],
  { scrapes, measured }: { scrapes: KubeletScrapes; measured: Measured<T> },
): Promise<StoredEntry[]> {
  const objects = found.map((entry) => entry.object())
  const pairs = await pairsOf(objects, { scrapes, measured })
  const codec = new Codec(resource.definition as unknown as ResourceDefinition<Metrics>)
  const creationTimestamp = timestamp(resource.services.clock.now())
  return objects.flatMap((object) => {
    const pair = pairs.get(measured.nodeOf(object) ?? '')
    const metrics = pair && measured.metrics(object, pair)
    if (!metrics) return []
    const { name, namespace, labels } = object.metadata
    const metadata = { name, ...(namespace && { namespace }), creationTimestamp, ...(labels && { labels }) }
    const answer = { metadata, ...metrics } as Metrics
    return codec.entry(codec.encode(answer), 0, codec.take(answer))
  })
}

async function pairsOf<T extends KubernetesObject>(
  objects: readonly T[],
  { scrapes, measured }: { scrapes: KubeletScrapes; measured: Measured<T> },
): Promise<Pairs> {
  const pairs = new Map<string, ScrapePair>()
  const isMeasured = measured.isMeasured ?? (() => true)
  await Promise.all(
    [...Map.groupBy(objects, measured.nodeOf)].map(async ([nodeName, here]) => {
      if (nodeName === undefined) return
      const pair = await scrapes.pair(nodeName, (pair) => here.every((object) => isMeasured(object, pair)))
      if (pair) pairs.set(nodeName, pair)
    }),
  )
  return pairs
}
