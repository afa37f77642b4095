import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '@tandem/api/autoscaling/v2/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { printQuantity, quantityMilliValue } from '@tandem/apimachinery'
import { messageOf } from '../failure.ts'
import type { MetricsClient } from './metrics-client.ts'
import type { PodMetrics, Readiness } from './pod-groups.ts'
import { printedSelector } from './printed-selector.ts'
import {
  averageReplicas,
  type PerPodInput,
  type Proposal,
  shareReplicas,
  utilizationReplicas,
  valueReplicas,
} from './replica-calculator.ts'
import { tolerancesOf } from './tolerance.ts'

export interface MetricProposal {
  replicas: number
  /** How events and conditions name the metric. */
  name: string
  status: MetricStatus
}

export interface MetricInput {
  autoscaler: HorizontalPodAutoscaler
  metrics: MetricsClient
  specReplicas: number
  statusReplicas: number
  /** The target's selector, and the pods that it matches. */
  selector: string
  pods: readonly Pod[]
  tolerance: number
  readiness: Readiness
  now: number
}

/** A metric could not be had. `detail` is for the metric's own event and condition, the message for what is made of all metrics. */
export class MetricError extends Error {
  readonly code = 'METRIC'
  readonly reason: string
  readonly detail: string

  constructor(reason: string, { detail, message, cause }: { detail: string; message: string; cause?: unknown }) {
    super(message, { cause })
    this.reason = reason
    this.detail = detail
  }
}

/** Asks for one metric and says how many replicas it wants. Throws MetricError. */
export async function proposalFor(spec: MetricSpec, input: MetricInput): Promise<MetricProposal> {
  if (spec.type === 'Resource' && spec.resource) return ofResource(spec.resource, input)
  if (spec.type === 'ContainerResource' && spec.containerResource)
    return ofContainerResource(spec.containerResource, input)
  if (spec.type === 'Pods' && spec.pods) return ofPods(spec.pods, input)
  if (spec.type === 'Object' && spec.object) return ofObject(spec.object, input)
  if (spec.type === 'External' && spec.external) return ofExternal(spec.external, input)
  const detail = `unknown metric source type ${JSON.stringify(spec.type)}`
  throw new MetricError('InvalidMetricSourceType', { detail, message: detail })
}

async function ofResource({ name, target }: ResourceMetricSource, input: MetricInput): Promise<MetricProposal> {
  const proposal = await failing(
    {
      reason: 'FailedGetResourceMetric',
      message: (detail) => `failed to get ${name} resource metric value: ${detail}`,
    },
    () => resourceProposal({ name, target, container: undefined }, input),
  )
  return {
    replicas: proposal.replicas,
    name: target.averageValue ? `${name} resource` : `${name} resource utilization (percentage of request)`,
    status: { type: 'Resource', resource: { name, current: currentOf(proposal, name) } },
  }
}

async function ofContainerResource(
  { name, target, container }: ContainerResourceMetricSource,
  input: MetricInput,
): Promise<MetricProposal> {
  const proposal = await failing(
    {
      reason: 'FailedGetContainerResourceMetric',
      message: (detail) => `failed to get ${container} container metric value: ${detail}`,
    },
    () => resourceProposal({ name, target, container }, input),
  )
  return {
    replicas: proposal.replicas,
    name: target.averageValue ? `${name} resource` : `${name} container resource utilization (percentage of request)`,
    status: { type: 'ContainerResource', containerResource: { name, container, current: currentOf(proposal, name) } },
  }
}

async function resourceProposal(
  { name, target, container }: { name: string; target: MetricTarget; container: string | undefined },
  input: MetricInput,
): Promise<Proposal> {
  const { averageValue, averageUtilization } = target
  if (averageValue === undefined && averageUtilization === undefined)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  const what = averageValue === undefined ? 'utilization' : 'usage'
  return within(`failed to get ${name} ${what}: `, async () => {
    const metrics = await within(`unable to get metrics for resource ${name}: `, () =>
      input.metrics.resource(podsOf(input), { resource: name, container }),
    )
    const perPod = perPodInput(input, metrics, { isCpu: name === 'cpu' })
    return averageUtilization === undefined || averageValue !== undefined
      ? averageReplicas(perPod, quantityMilliValue(averageValue ?? '0'))
      : utilizationReplicas(perPod, { target: averageUtilization, resource: name, container })
  })
}

async function ofPods({ metric, target }: PodsMetricSource, input: MetricInput): Promise<MetricProposal> {
  const proposal = await failing(
    { reason: 'FailedGetPodsMetric', message: (detail) => `failed to get pods metric value: ${detail}` },
    async () => {
      const metrics = await within(`unable to get metric ${metric.name}: `, () =>
        input.metrics.pods(podsOf(input), metric),
      )
      return averageReplicas(
        perPodInput(input, metrics, { isCpu: false }),
        quantityMilliValue(target.averageValue ?? '0'),
      )
    },
  )
  return {
    replicas: proposal.replicas,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current: currentOf(proposal) } },
  }
}

async function ofObject(
  { metric, target, describedObject }: ObjectMetricSource,
  input: MetricInput,
): Promise<MetricProposal> {
  const { namespace = '' } = input.autoscaler.metadata
  const isShare = target.type === 'AverageValue' && target.averageValue !== undefined
  const proposal = await failing(
    {
      reason: 'FailedGetObjectMetric',
      message: (detail) =>
        `failed to get object metric value: ${isShare ? `failed to get ${metric.name} object metric: ` : ''}${detail}`,
    },
    async () => {
      if (!isShare && !(target.type === 'Value' && target.value !== undefined))
        throw new Error('invalid object metric source: neither a value target nor an average value target was set')
      const value = await input.metrics.object(namespace, describedObject, metric).catch((error: unknown) => {
        const { kind, name } = describedObject
        const message = `unable to get metric ${metric.name}: ${messageOf(error)} on ${kind} ${namespace}/${name}`
        throw new Error(message, { cause: error })
      })
      return isShare ? ofShares(value, target, input) : ofValue(value, target, input)
    },
  )
  return {
    replicas: proposal.replicas,
    name: isShare
      ? `external metric ${metric.name}(${printedSelector(metric.selector)})`
      : `${describedObject.kind} metric ${metric.name}`,
    status: { type: 'Object', object: { metric, describedObject, current: currentOf(proposal) } },
  }
}

async function ofExternal({ metric, target }: ExternalMetricSource, input: MetricInput): Promise<MetricProposal> {
  const { namespace = '' } = input.autoscaler.metadata
  const isShare = target.averageValue !== undefined
  const selector = printedSelector(metric.selector)
  const proposal = await failing(
    {
      reason: 'FailedGetExternalMetric',
      message: (detail) =>
        `failed to get ${metric.name} external metric value: ${isShare ? `failed to get ${metric.name} external metric` : `failed to get external metric ${metric.name}`}: ${detail}`,
    },
    async () => {
      const value = await within(`unable to get external metric ${namespace}/${metric.name}/${selector}: `, () =>
        input.metrics.external(namespace, metric),
      )
      return isShare ? ofShares(value, target, input) : ofValue(value, target, input)
    },
  )
  return {
    replicas: proposal.replicas,
    name: `external metric ${metric.name}(${selector})`,
    status: { type: 'External', external: { metric, current: currentOf(proposal) } },
  }
}

const ofShares = (
  value: number,
  target: MetricTarget,
  { statusReplicas, autoscaler, tolerance }: MetricInput,
): Proposal =>
  shareReplicas({
    statusReplicas,
    tolerances: tolerancesOf(autoscaler, tolerance),
    value,
    target: quantityMilliValue(target.averageValue ?? '0'),
  })

const ofValue = (
  value: number,
  target: MetricTarget,
  { specReplicas, pods, autoscaler, tolerance }: MetricInput,
): Proposal =>
  valueReplicas({
    currentReplicas: specReplicas,
    tolerances: tolerancesOf(autoscaler, tolerance),
    pods,
    value,
    target: quantityMilliValue(target.value ?? '0'),
  })

const podsOf = ({ autoscaler, selector }: MetricInput): { namespace: string; selector: string } => ({
  namespace: autoscaler.metadata.namespace ?? '',
  selector,
})

function perPodInput(input: MetricInput, metrics: PodMetrics, { isCpu }: { isCpu: boolean }): PerPodInput {
  const { autoscaler, specReplicas, pods, tolerance, readiness, now } = input
  return {
    currentReplicas: specReplicas,
    tolerances: tolerancesOf(autoscaler, tolerance),
    pods,
    metrics,
    grouping: { ...readiness, isCpu, now },
  }
}

/** Memory in the format in which it is measured. */
function currentOf({ value, averageValue, averageUtilization }: Proposal, resource?: string): MetricValueStatus {
  const format = resource === 'memory' ? 'BinarySI' : 'DecimalSI'
  const printed = (amount: number): string => printQuantity({ nanos: BigInt(amount) * 1_000_000n, format })
  return {
    ...(value !== undefined && { value: printed(value) }),
    ...(averageValue !== undefined && { averageValue: printed(averageValue) }),
    ...(averageUtilization !== undefined && { averageUtilization }),
  }
}

async function failing<T>(
  { reason, message }: { reason: string; message: (detail: string) => string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const detail = messageOf(cause)
    throw new MetricError(reason, { detail, message: message(detail), cause })
  }
}

async function within<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Error(`${prefix}${messageOf(cause)}`, { cause })
  }
}
