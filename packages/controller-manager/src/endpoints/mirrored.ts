import { endpoints as endpointsDefinition } from '@tandem/api/core/v1/endpoints'
import type { EndpointAddress, Endpoints } from '@tandem/api/core/v1/types'
import type { AddressType, Endpoint } from '@tandem/api/discovery/v1/types'
import { ipFamily } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { type EndpointGroup, groupKey } from './desired-slices.ts'
import { managedBy, type SliceOwner, serviceName } from './plan-slices.ts'

export const mirrorName = 'endpointslicemirroring-controller.k8s.io'
const skip = 'endpointslice.kubernetes.io/skip-mirror'
const leader = 'control-plane.alpha.kubernetes.io/leader'
const notCopied = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])

/** A subset takes part with this many addresses. */
const maxPerSubset = 1000

/** Those that somebody keeps by hand, and that do not ask to be left alone or only serve an old kind of leader election. */
export const isMirrored = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[skip] !== 'true' && metadata.annotations?.[leader] === undefined

export function mirrorOwnerOf(endpoints: Endpoints): SliceOwner {
  const { namespace, name, labels, annotations = {} } = endpoints.metadata
  return {
    namespace,
    name,
    reference: controllerReference(endpointsDefinition, endpoints),
    labels: { ...labels, [serviceName]: name, [managedBy]: mirrorName },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !notCopied.has(key))),
    placeholders: [],
  }
}

/** The groups that say the same as the subsets. */
export function mirroredGroups({ subsets = [] }: Endpoints): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const slicePorts = ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol !== undefined && { appProtocol }),
    }))
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ]
    for (const { address, ready } of all.slice(0, maxPerSubset)) {
      const family = ipFamily(address.ip)
      if (!family) continue
      const addressType: AddressType = `IPv${family}`
      const key = groupKey({ addressType, ports: slicePorts })
      const group = groups.get(key) ?? { addressType, ports: slicePorts, endpoints: [] }
      group.endpoints.push(endpointOf(address, ready))
      groups.set(key, group)
    }
  }
  return [...groups.values()]
}

const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname && { hostname }),
  ...(targetRef && { targetRef }),
  ...(nodeName && { nodeName }),
})
