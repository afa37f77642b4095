import { podRequests } from '@tandem/api/core/v1/pod-resources'
import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Pod } from '@tandem/api/core/v1/types'
import { quantityMilliValue, quantityValue } from '@tandem/apimachinery'
import { isPreemptable } from './critical-pod.ts'

/** How much of each resource there is too little: thousandths of a CPU, else units. */
export type Requirements = ReadonlyMap<string, number>

/** What a pod would give back. */
export function requestOf(pod: Pod, resource: string): number {
  if (resource === 'pods') return 1
  const requested = podRequests(pod).get(resource) ?? '0'
  return resource === 'cpu' ? quantityMilliValue(requested) : quantityValue(requested)
}

export function withoutRequestsOf(pods: readonly Pod[], requirements: Requirements): Requirements {
  const left = [...requirements].map(([resource, amount]): [string, number] => [
    resource,
    pods.reduce((missing, pod) => missing - requestOf(pod, resource), amount),
  ])
  return new Map(left.filter(([, amount]) => amount > 0))
}

/** `[(res: cpu, q: 500), ]` */
export const requirementsText = (requirements: Requirements): string =>
  `[${[...requirements].map(([resource, amount]) => `(res: ${resource}, q: ${amount}), `).join('')}]`

/**
 * Which pods are to be ended so that a critical pod fits: as few as can be, and of the lower classes of service before the
 * higher. Undefined when all of them together would not be enough.
 */
export function podsToPreempt(preemptor: Pod, pods: readonly Pod[], missing: Requirements): Pod[] | undefined {
  const candidates = pods.filter((pod) => isPreemptable(preemptor, pod))
  if (withoutRequestsOf(candidates, missing).size > 0) return undefined
  const ofClass = (qos: string) => candidates.filter((pod) => qosClassOf(pod) === qos)
  const [bestEffort, burstable] = [ofClass('BestEffort'), ofClass('Burstable')]
  // Each class gives only what the classes below it and those chosen above it cannot.
  const guaranteedChosen = nearest(ofClass('Guaranteed'), withoutRequestsOf([...bestEffort, ...burstable], missing))
  const burstableChosen = nearest(burstable, withoutRequestsOf([...bestEffort, ...guaranteedChosen], missing))
  const bestEffortChosen = nearest(bestEffort, withoutRequestsOf([...burstableChosen, ...guaranteedChosen], missing))
  return [...bestEffortChosen, ...burstableChosen, ...guaranteedChosen]
}

/** Takes, again and again, the pod that comes nearest to what is still missing. */
function nearest(pods: readonly Pod[], requirements: Requirements): Pod[] {
  const chosen: Pod[] = []
  for (let missing = requirements; missing.size > 0; missing = withoutRequestsOf(chosen, requirements)) {
    const [best] = pods
      .filter((pod) => !chosen.includes(pod))
      .toSorted((a, b) => distance(a, missing) - distance(b, missing) || bySize(a, b))
    if (!best) break
    chosen.push(best)
  }
  return chosen
}

const distance = (pod: Pod, requirements: Requirements): number =>
  [...requirements].reduce((sum, [resource, amount]) => {
    const left = amount - requestOf(pod, resource)
    return left > 0 ? sum + (left / amount) ** 2 : sum
  }, 0)

const bySize = (a: Pod, b: Pod): number =>
  requestOf(a, 'memory') - requestOf(b, 'memory') || requestOf(a, 'cpu') - requestOf(b, 'cpu')
