import type { Node } from '@tandem/api/core/v1/types'
import type { Device, ResourceSlice } from '@tandem/api/resource/v1/types'
import { deviceKey } from './allocated-devices.ts'
import { devicesOf, isForNode, type Pool } from './pools.ts'

/** A device that a pod on the node could have. */
export interface Candidate {
  key: string
  device: Device
  slice: ResourceSlice
  pool: Pool
}

/** Devices of pools that can be used, in the order in which they are tried. */
export const candidatesIn = (pools: readonly Pool[], node: Node): Candidate[] =>
  pools.flatMap((pool) =>
    pool.slices.flatMap((slice) =>
      devicesOf(slice)
        .filter((device) => !slice.spec.perDeviceNodeSelection || isForNode(device, node))
        .map((device) => ({ key: deviceKey(pool.driver, pool.name, device.name), device, slice, pool })),
    ),
  )
