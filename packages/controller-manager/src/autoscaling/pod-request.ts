import { podRequests } from '@tandem/api/core/v1/pod-resources'
import type { Pod } from '@tandem/api/core/v1/types'
import { quantityMilliValue } from '@tandem/apimachinery'

/** What utilization is measured against, in thousandths: of one container, of the pod as a whole where it says, or of all containers. */
export function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const { name } = pod.metadata
  if (container === undefined && pod.spec.resources?.requests) {
    const request = podRequests(pod).get(resource)
    if (!request) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`)
    return quantityMilliValue(request)
  }
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const containers = [...pod.spec.containers, ...sidecars]
  const counted = container === undefined ? containers : containers.filter((one) => one.name === container)
  if (container !== undefined && counted.length === 0)
    throw new Error(`container ${container} not found in Pod ${name}`)
  return counted.reduce((sum, { name: of, resources }) => {
    const request = resources?.requests?.[resource]
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${of} of Pod ${name}`)
    return sum + quantityMilliValue(request)
  }, 0)
}
