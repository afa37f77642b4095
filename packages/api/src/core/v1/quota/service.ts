import { quantityOfValue } from '@tandem/apimachinery'
import type { Resources } from '../resource-list.ts'
import type { Service } from '../types.ts'
import type { QuotaEvaluator } from './evaluator.ts'

const names = new Set(['count/services', 'services', 'services.nodeports', 'services.loadbalancers'])

/** What it is going to have: ports are not allocated yet when a Service is admitted. */
function nodePorts({ spec }: Service): number {
  const ports = spec.ports ?? []
  if (spec.type === 'NodePort') return ports.length
  if (spec.type !== 'LoadBalancer') return 0
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length
}

const usage = (service: Service): Resources =>
  new Map([
    ['count/services', quantityOfValue(1)],
    ['services', quantityOfValue(1)],
    ['services.loadbalancers', quantityOfValue(service.spec.type === 'LoadBalancer' ? 1 : 0)],
    ['services.nodeports', quantityOfValue(nodePorts(service))],
  ])

export const serviceQuota: QuotaEvaluator<Service> = {
  resource: '/services',
  counts: (name) => names.has(name),
  usage,
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
}
