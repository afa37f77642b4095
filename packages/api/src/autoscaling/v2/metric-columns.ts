import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from './types.ts'

const most = 2
const unknown = '<unknown>'

/** Current and wanted values: `cpu: 12%/80%, 5/10 (avg)`. */
export function targetsOf({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? []
  if (metrics.length === 0) return '<none>'
  const current = status?.currentMetrics ?? []
  const shown = metrics.map((metric, index) => targetOf(metric, current[index])).slice(0, most)
  return metrics.length > most ? `${shown.join(', ')} + ${metrics.length - most} more...` : shown.join(', ')
}

function targetOf(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return ofValue(metric.external?.target, status?.external?.current)
    case 'Object':
      return ofValue(metric.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${metric.pods?.target.averageValue}`
    case 'Resource':
      return `${metric.resource?.name}: ${ofUtilization(metric.resource?.target, status?.resource?.current)}`
    case 'ContainerResource':
      return `${metric.containerResource?.name}: ${ofUtilization(metric.containerResource?.target, status?.containerResource?.current)}`
    default:
      return '<unknown type>'
  }
}

interface Values {
  value?: string
  averageValue?: string
  averageUtilization?: number
}

const ofValue = (target: Values = {}, current: Values = {}): string =>
  target.averageValue === undefined
    ? `${current.value ?? unknown}/${target.value}`
    : `${current.averageValue ?? unknown}/${target.averageValue} (avg)`

function ofUtilization(target: Values = {}, current: Values = {}): string {
  if (target.averageValue !== undefined) return `${current.averageValue ?? unknown}/${target.averageValue}`
  const percent = (value: number | undefined, none: string): string => (value === undefined ? none : `${value}%`)
  return `${percent(current.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`
}
