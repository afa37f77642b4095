import type { Container, Pod } from '@tandem/api/core/v1/types'
import { compareQuantities, printQuantity, quantityOfValue } from '@tandem/apimachinery'
import type { ContainerUse, PodUse } from './pod-use.ts'
import { type Observations, type StarvedResource, signalMeanings } from './signals.ts'
import { amountFor, type Threshold } from './thresholds.ts'

export interface EvictionText {
  message: string
  /** Of the event. */
  annotations: Record<string, string>
}

const bytes = (amount: number): string => printQuantity(quantityOfValue(amount, 'BinarySI'))

/** Inodes and processes are counted, everything else is measured in bytes. */
const amountText = (resource: StarvedResource, amount: number): string =>
  resource === 'inodes' || resource === 'pids' ? printQuantity(quantityOfValue(amount)) : bytes(amount)

/** Why this pod is evicted: what the node lacks, and what of it the pod's containers took beyond their requests. */
export function evictionText(
  pod: Pod,
  options: {
    resource: StarvedResource
    use: PodUse | undefined
    thresholds: readonly Threshold[]
    observations: Observations
  },
): EvictionText {
  const { resource, use } = options
  let message = `The node was low on resource: ${resource}. ${thresholdText(options)}`
  const annotations: Record<string, string> = { starved_resource: resource }
  if (!use) return { message, annotations }
  const request = pod.spec.resources?.requests?.[resource]
  if (resource === 'memory' && request !== undefined) {
    message += `Pod ${pod.metadata.name} was using ${bytes(use.memoryBytes)}, request is ${request}, has larger consumption of ${resource}. `
    Object.assign(annotations, { offending_pod: pod.metadata.name, offending_pod_usage: bytes(use.memoryBytes) })
  }
  const exceeding = exceedingContainers(pod, resource, use)
  for (const { name, used, requested } of exceeding)
    message += `Container ${name} was using ${used}, request is ${requested}, has larger consumption of ${resource}. `
  return {
    message,
    annotations: {
      ...annotations,
      offending_containers: exceeding.map(({ name }) => name).join(','),
      offending_containers_usage: exceeding.map(({ used }) => used).join(','),
    },
  }
}

function thresholdText({
  resource,
  thresholds,
  observations,
}: {
  resource: StarvedResource
  thresholds: readonly Threshold[]
  observations: Observations
}): string {
  for (const { signal, value } of thresholds) {
    const observed = observations.get(signal)
    if (signalMeanings[signal].resource !== resource || !observed) continue
    const [quantity, available] = [amountFor(value, observed), observed.available]
    return `Threshold quantity: ${amountText(resource, quantity)}, available: ${amountText(resource, available)}. `
  }
  return ''
}

function exceedingContainers(
  pod: Pod,
  resource: StarvedResource,
  use: PodUse,
): { name: string; used: string; requested: string }[] {
  const specs: readonly Container[] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return use.containers.flatMap((container) => {
    const spec = specs.find(({ name }) => name === container.name)
    const used = usedBy(container, resource)
    if (!spec || used === undefined) return []
    const requested = spec.resources?.requests?.[resource] ?? '0'
    if (compareQuantities(quantityOfValue(used), requested) <= 0) return []
    return [{ name: container.name, used: bytes(used), requested }]
  })
}

function usedBy({ memoryBytes, writableLayer, logs }: ContainerUse, resource: StarvedResource): number | undefined {
  if (resource === 'memory') return memoryBytes
  return resource === 'ephemeral-storage' && writableLayer && logs ? writableLayer.bytes + logs.bytes : undefined
}
