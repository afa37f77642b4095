import type { Service, ServicePort, ServiceSpec } from '@tandem/api/core/v1/types'
import type { Endpoint, EndpointSlice } from '@tandem/api/discovery/v1/types'

const meta = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})

export type ServiceFixture = Partial<Omit<ServiceSpec, 'ports'>> & {
  name: string
  port?: Partial<ServicePort>
  loadBalancerIP?: string
}

/** A Service with one port, 80 unless told otherwise. */
export const serviceOf = ({ name, port, loadBalancerIP, ...spec }: ServiceFixture): Service => ({
  metadata: meta(name),
  spec: { type: 'ClusterIP', ...spec, ports: [{ name: 'main', protocol: 'TCP', port: 80, ...port }] },
  ...(loadBalancerIP ? { status: { loadBalancer: { ingress: [{ ip: loadBalancerIP }] } } } : {}),
})

/** Its slice: endpoints by address, on node `node-1` unless told otherwise. */
export const sliceOf = (
  name: string,
  options: { port: number; protocol?: 'TCP' | 'UDP'; endpoints: (string | Endpoint)[] },
): EndpointSlice => ({
  metadata: { ...meta(`${name}-1`), labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4' as EndpointSlice['addressType'],
  ports: [{ name: 'main', protocol: options.protocol ?? 'TCP', port: options.port }],
  endpoints: options.endpoints.map((endpoint) =>
    typeof endpoint === 'string' ? { addresses: [endpoint], nodeName: 'node-1' } : endpoint,
  ),
})
