import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceSlices } from '@tandem/api/resource/v1/resourceslice'
import type { ResourceClaim, ResourceSlice } from '@tandem/api/resource/v1/types'
import type { ObjectIndex, ObjectSource } from '../framework/plugin.ts'
import { devicesOfClaim } from './allocated-devices.ts'
import { poolKey, type SliceSource } from './pools.ts'

/** Claims by the devices that they take. */
export const byDevice: ObjectIndex<ResourceClaim> = {
  resource: resourceClaims,
  name: 'device',
  values: devicesOfClaim,
}

/** What is not for one node only; counters are looked at from everywhere. */
const everyNode = ''

const byNode: ObjectIndex<ResourceSlice> = {
  resource: resourceSlices,
  name: 'node',
  values: ({ spec }) => [(spec.sharedCounters ?? []).length > 0 ? everyNode : (spec.nodeName ?? everyNode)],
}

const byPool: ObjectIndex<ResourceSlice> = {
  resource: resourceSlices,
  name: 'pool',
  values: ({ spec }) => [poolKey(spec.driver, spec.pool.name)],
}

export const indexes = [byDevice, byNode, byPool]

export const slicesIn = (objects: ObjectSource): SliceSource => ({
  forNode: (name) => [...objects.byIndex(byNode, name), ...objects.byIndex(byNode, everyNode)],
  ofPool: (driver, pool) => objects.byIndex(byPool, poolKey(driver, pool)),
})
