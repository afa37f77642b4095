import type { Column } from '@tandem/apimachinery'
import { ageColumn, formatLabels, nameColumn } from '@tandem/apimachinery/columns'
import type { Service } from '../types.ts'

/** Addresses that the load balancer gave, or its names. */
function loadBalancerAddresses({ status }: Service): string[] {
  const ingress = status?.loadBalancer?.ingress ?? []
  const addresses = ingress.map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '')
  return [...new Set(addresses)].sort()
}

function externalIP(service: Service): string {
  const { type, externalIPs = [], externalName = '' } = service.spec
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>'
    case 'LoadBalancer':
      return [...loadBalancerAddresses(service), ...externalIPs].join(',') || '<pending>'
    case 'ExternalName':
      return externalName
    default:
      return '<unknown>'
  }
}

const ports = ({ spec }: Service): string =>
  (spec.ports ?? [])
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || '<none>'

export const columns: readonly Column<Service>[] = [
  nameColumn,
  { name: 'Type', type: 'string', description: 'How the Service is exposed.', value: ({ spec }) => spec.type ?? '' },
  {
    name: 'Cluster-IP',
    type: 'string',
    description: 'Address within the cluster.',
    value: ({ spec }) => spec.clusterIPs?.[0] ?? '<none>',
  },
  { name: 'External-IP', type: 'string', description: 'Addresses from outside.', value: externalIP },
  { name: 'Port(s)', type: 'string', description: 'Ports, with their node ports.', value: ports },
  ageColumn,
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description: 'Labels of the pods behind the Service.',
    value: ({ spec }) => formatLabels(spec.selector),
  },
]
