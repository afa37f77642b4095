import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { horizontalPodAutoscalers as stored } from '../v2/horizontalpodautoscaler.ts'
import type * as v2 from '../v2/types.ts'
import { metricToV1, metricToV2 } from './metric-conversion.ts'
import { metricStatusToV1, metricStatusToV2 } from './metric-status-conversion.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricStatus } from './types.ts'

/** What v1 has no fields for. */
const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
}
const owned = new Set(Object.values(annotations))

const isCpuUtilization = ({ type, resource }: v2.MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined

/** An annotation that cannot be read counts as none. */
function annotated<T>({ metadata }: KubernetesObject, name: string): T | undefined {
  try {
    return JSON.parse(metadata.annotations?.[name] ?? '') as T
  } catch {
    return undefined
  }
}

function withAnnotations(
  metadata: KubernetesObject['metadata'],
  values: Record<string, unknown>,
): KubernetesObject['metadata'] {
  const kept = Object.entries(metadata.annotations ?? {}).filter(([name]) => !owned.has(name))
  const added = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[name, JSON.stringify(value)] as const],
  )
  const { annotations: _, ...others } = metadata
  const all = [...kept, ...added]
  return all.length === 0 ? others : { ...others, annotations: Object.fromEntries(all) }
}

const cpuUtilization = (percentage: number): v2.MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } },
})

function toStored(autoscaler: HorizontalPodAutoscaler): v2.HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = autoscaler.spec
  const { currentCPUUtilizationPercentage, ...status } = autoscaler.status ?? { desiredReplicas: 0 }
  const metrics = (annotated<MetricSpec[]>(autoscaler, annotations.metrics) ?? []).map(metricToV2)
  if (percentage !== undefined) metrics.push(cpuUtilization(percentage))
  if (metrics.length === 0) metrics.push(cpuUtilization(80))
  const behavior = annotated<v2.HorizontalPodAutoscalerBehavior>(autoscaler, annotations.behavior)
  const conditions = annotated<v2.HorizontalPodAutoscalerCondition[]>(autoscaler, annotations.conditions)
  const current = annotated<MetricStatus[]>(autoscaler, annotations.currentMetrics)?.map(metricStatusToV2)
  return {
    ...autoscaler,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(autoscaler.metadata, {}),
    spec: { ...spec, metrics, ...(behavior && { behavior }) },
    status: { ...status, ...(current && { currentMetrics: current }), ...(conditions && { conditions }) },
  }
}

function fromStored(object: KubernetesObject): HorizontalPodAutoscaler {
  const autoscaler = object as v2.HorizontalPodAutoscaler
  // A bookmark has no spec.
  const { metrics = [], behavior, ...spec } = autoscaler.spec ?? ({} as v2.HorizontalPodAutoscalerSpec)
  const { currentMetrics = [], conditions, ...status } = autoscaler.status ?? { desiredReplicas: 0 }
  const cpu = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization
  const currentCpu = currentMetrics.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')
    ?.resource?.current.averageUtilization
  return {
    ...autoscaler,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(autoscaler.metadata, {
      [annotations.metrics]: metrics.filter((metric) => !isCpuUtilization(metric)).map(metricToV1),
      [annotations.currentMetrics]: currentMetrics.map(metricStatusToV1),
      [annotations.conditions]: conditions,
      [annotations.behavior]: behavior,
    }),
    spec: { ...spec, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(currentCpu !== undefined && { currentCPUUtilizationPercentage: currentCpu }),
    },
  }
}

export const horizontalPodAutoscalers: ResourceDefinition<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  subresources: { status: true },
  storedAs: { definition: stored, toStored, fromStored },
  defaults: (autoscaler) => {
    autoscaler.spec ??= {} as HorizontalPodAutoscalerSpec
    autoscaler.spec.minReplicas ??= 1
    autoscaler.spec.maxReplicas ??= 0
    autoscaler.spec.scaleTargetRef ??= { kind: '', name: '' }
  },
  columns: (stored.columns ?? []).map((column) => ({
    ...column,
    value: (autoscaler, now) => column.value(toStored(autoscaler), now),
  })),
}
