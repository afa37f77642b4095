import type { Service } from '@tandem/api/core/v1/types'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import type { ObjectKey } from '@tandem/apimachinery'

/** What names are made of, as the caches have it now. */
export interface ClusterRecords {
  hasNamespace(name: string): boolean
  service(key: ObjectKey): Service | undefined
  slicesOf(service: ObjectKey): readonly EndpointSlice[]
  servicesAt(address: string): readonly Service[]
  slicesWith(address: string): readonly EndpointSlice[]
}

/** An endpoint that may be found by name. */
export interface NamedEndpoint {
  /** Its hostname, or its address with dashes. */
  name: string
  address: string
  ports: readonly { name: string; protocol: string; port: number }[]
}

export const serviceKeyOf = ({ metadata }: EndpointSlice): ObjectKey | undefined => {
  const name = metadata.labels?.['kubernetes.io/service-name']
  return name ? { namespace: metadata.namespace, name } : undefined
}

/** Ready ones, each address once. Who publishes addresses that are not ready has them marked as ready. */
export function endpointsIn(slices: readonly EndpointSlice[]): NamedEndpoint[] {
  const endpoints = new Map<string, NamedEndpoint>()
  for (const slice of slices) {
    const ports = (slice.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port }) =>
      port === undefined ? [] : [{ name, protocol: protocol.toLowerCase(), port }],
    )
    for (const { addresses, hostname, conditions } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue
      for (const address of addresses) {
        const known = endpoints.get(address)
        endpoints.set(address, {
          name: hostname || dashed(address),
          address,
          ports: [...(known?.ports ?? []), ...ports],
        })
      }
    }
  }
  return [...endpoints.values()]
}

/** `10.1.2.3` as `10-1-2-3`: an address as one label. */
export const dashed = (address: string): string => address.replaceAll(/[.:]/g, '-')
