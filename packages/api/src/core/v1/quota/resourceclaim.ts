import { addQuantities, quantityOfValue } from '@tandem/apimachinery'
import type { ResourceClaim } from '../../../resource/v1/types.ts'
import type { Resources } from '../resource-list.ts'
import type { QuotaEvaluator } from './evaluator.ts'

const countName = 'count/resourceclaims.resource.k8s.io'
const perClass = '.deviceclass.resource.k8s.io/devices'
/** No allocation has more devices: what a request for all there are is charged with. */
const mostDevices = 32

interface DeviceRequest {
  deviceClassName: string
  allocationMode?: string
  count?: number
}

const devicesOf = ({ allocationMode = 'ExactCount', count = 1 }: DeviceRequest): number =>
  allocationMode === 'All' ? mostDevices : allocationMode === 'ExactCount' ? count : 0

function usage({ spec }: ResourceClaim): Resources {
  const used: Resources = new Map([[countName, quantityOfValue(1)]])
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    // Of alternatives only one is taken: each class is charged with the most that it might be.
    const byClass = new Map<string, number>()
    for (const request of exactly ? [exactly] : firstAvailable) {
      const name = request.deviceClassName + perClass
      byClass.set(name, Math.max(byClass.get(name) ?? 0, devicesOf(request)))
    }
    for (const [name, count] of byClass) used.set(name, addQuantities(used.get(name) ?? '0', quantityOfValue(count)))
  }
  return used
}

export const resourceClaimQuota: QuotaEvaluator<ResourceClaim> = {
  resource: 'resource.k8s.io/resourceclaims',
  counts: (name) => name === countName || name.endsWith(perClass),
  usage,
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
}
