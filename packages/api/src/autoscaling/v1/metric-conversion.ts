import { compareQuantities } from '@tandem/apimachinery'
import type * as v2 from '../v2/types.ts'
import type * as v1 from './types.ts'

/** v1 carries metrics other than CPU in annotations, in an older form. */
export function metricToV2(metric: v1.MetricSpec): v2.MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric
  return defined({
    type,
    object: object && {
      describedObject: object.target,
      metric: defined({ name: object.metricName, selector: object.selector }),
      target: defined({
        type: object.averageValue === undefined ? 'Value' : 'AverageValue',
        // v1 cannot leave the value out: beside an average, zero is none.
        value: object.averageValue !== undefined && isZero(object.targetValue) ? undefined : object.targetValue,
        averageValue: object.averageValue,
      }),
    },
    pods: pods && {
      metric: defined({ name: pods.metricName, selector: pods.selector }),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: resourceTarget(containerResource),
    },
    external: external && {
      metric: defined({ name: external.metricName, selector: external.metricSelector }),
      target: defined({
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  }) as v2.MetricSpec
}

export function metricToV1(metric: v2.MetricSpec): v1.MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric
  return defined({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  }) as v1.MetricSpec
}

const resourceTarget = (source: { targetAverageUtilization?: number; targetAverageValue?: string }): v2.MetricTarget =>
  defined({
    type: source.targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageUtilization: source.targetAverageUtilization,
    averageValue: source.targetAverageValue,
  }) as v2.MetricTarget

const isZero = (quantity: string): boolean => compareQuantities(quantity, '0') === 0

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
