import { isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { Node, Pod, Service } from '@tandem/api/core/v1/types'
import type { AddressType, Endpoint, EndpointPort } from '@tandem/api/discovery/v1/types'
import { ipFamily } from '@tandem/apimachinery'
import { hostnameIn, mayBeEndpoint, targetPort } from './service-pods.ts'

/** Endpoints that share their ports, and so may share a slice. */
export interface EndpointGroup {
  addressType: AddressType
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

export interface ServiceState {
  service: Service
  pods: readonly Pod[]
  node(name: string): Node | undefined
}

/** Address types that a Service's slices have, one set of slices each. */
export function addressTypesOf({ spec }: Service): AddressType[] {
  const families = spec?.ipFamilies?.length ? spec.ipFamilies : (spec?.clusterIPs ?? []).flatMap(familyOf)
  return families.length > 0 ? ([...new Set(families)] as AddressType[]) : ['IPv4']
}

/** What a Service's slices should hold: pods whose ports have the same numbers together. */
export function desiredGroups(state: ServiceState): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>()
  for (const addressType of addressTypesOf(state.service)) {
    for (const pod of state.pods) {
      if (!mayBeEndpoint(pod, { terminating: true })) continue
      const endpoint = endpointOf(pod, { ...state, addressType })
      if (!endpoint) continue
      const ports = portsOf(pod, state.service)
      const key = groupKey({ addressType, ports })
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] }
      group.endpoints.push(endpoint)
      groups.set(key, group)
    }
  }
  for (const group of groups.values()) group.endpoints = withHints(group.endpoints, state.service)
  return [...groups.values()]
}

export const groupKey = ({
  addressType,
  ports = [],
}: {
  addressType: string
  ports?: readonly EndpointPort[]
}): string =>
  `${addressType}|${ports
    .map(({ name = '', protocol = 'TCP', port = 0, appProtocol = '' }) => `${name}/${protocol}/${port}/${appProtocol}`)
    .sort()
    .join(',')}`

function endpointOf(
  pod: Pod,
  { service, node, addressType }: ServiceState & { addressType: AddressType },
): Endpoint | undefined {
  const { status, spec, metadata } = pod
  const ips = status?.podIPs?.length ? status.podIPs.map(({ ip }) => ip ?? '') : [status?.podIP ?? '']
  const addresses = ips.filter((ip) => familyOf(ip).includes(addressType))
  if (addresses.length === 0) return undefined
  const serving = isPodReady(pod)
  const terminating = metadata.deletionTimestamp !== undefined
  const zone = spec.nodeName ? node(spec.nodeName)?.metadata.labels?.['topology.kubernetes.io/zone'] : undefined
  const hostname = hostnameIn(pod, service)
  return {
    addresses,
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname && { hostname }),
    targetRef: {
      kind: 'Pod',
      ...(metadata.namespace && { namespace: metadata.namespace }),
      name: metadata.name,
      uid: metadata.uid,
    },
    ...(spec.nodeName && { nodeName: spec.nodeName }),
    ...(zone && { zone }),
  }
}

const portsOf = (pod: Pod, { spec }: Service): EndpointPort[] =>
  (spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) }]
  })

/** `trafficDistribution` in its simple form: each zone, or node, is served by its own. */
function withHints(endpoints: readonly Endpoint[], { spec }: Service): Endpoint[] {
  const distribution = spec?.trafficDistribution
  const byZone =
    distribution === 'PreferClose' || distribution === 'PreferSameZone' || distribution === 'PreferSameNode'
  if (!byZone) return [...endpoints]
  return endpoints.map((endpoint) => {
    const { zone, nodeName, conditions } = endpoint
    const forZones = zone ? [{ name: zone }] : undefined
    const forNodes = distribution === 'PreferSameNode' && nodeName ? [{ name: nodeName }] : undefined
    if (!conditions?.ready || (!forZones && !forNodes)) return endpoint
    return { ...endpoint, hints: { ...(forZones && { forZones }), ...(forNodes && { forNodes }) } }
  })
}

const familyOf = (ip: string): AddressType[] => {
  const family = ipFamily(ip)
  return family ? [`IPv${family}`] : []
}
