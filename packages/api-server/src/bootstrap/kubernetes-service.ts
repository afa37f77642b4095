import { isDeepStrictEqual } from 'node:util'
import { endpoints } from '@tandem/api/core/v1/endpoints'
import { services } from '@tandem/api/core/v1/service'
import type { Endpoints, Service } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import type { New } from '@tandem/apimachinery'
import type { Resources } from '../resources.ts'
import { ensure, reconcile } from './ensure.ts'

export interface KubernetesServiceOptions {
  /** The first address of the service range. */
  clusterIp: string
  /** Of all servers, in order. */
  addresses: readonly string[]
  port: number
}

const namespace = 'default'
const name = 'kubernetes'

/** `default/kubernetes`: the service by which pods find the server, with the servers' present addresses behind it. */
export async function bootstrapKubernetesService(
  resources: Resources,
  options: KubernetesServiceOptions,
): Promise<void> {
  await ensure(resources.store(services), service(options))
  await reconcile(resources.store(endpoints), endpointsOf(options), (current, wanted) => {
    if (isDeepStrictEqual(current.subsets, wanted.subsets)) return false
    current.subsets = wanted.subsets ?? []
    return true
  })
  await reconcile(resources.store(endpointSlices), endpointSlice(options), (current, wanted) => {
    if (isDeepStrictEqual(addressesOf(current), addressesOf(wanted)) && isDeepStrictEqual(current.ports, wanted.ports))
      return false
    current.endpoints = wanted.endpoints
    current.ports = wanted.ports ?? []
    return true
  })
}

const addressesOf = ({ endpoints = [] }: EndpointSlice): string[] => endpoints.flatMap(({ addresses }) => addresses)

const service = ({ clusterIp, port }: KubernetesServiceOptions): New<Service> => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    clusterIP: clusterIp,
    clusterIPs: [clusterIp],
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    sessionAffinity: 'None',
    type: 'ClusterIP',
  },
})

/** The slice is kept here, so the mirroring controller is told to leave these endpoints alone. */
const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }

const endpointsOf = ({ addresses, port }: KubernetesServiceOptions): New<Endpoints> => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace, labels: skipMirror },
  subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
})

const endpointSlice = ({ addresses, port }: KubernetesServiceOptions): New<EndpointSlice> => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  ports: [{ name: 'https', port, protocol: 'TCP' }],
})
