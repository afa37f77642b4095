import type {
  Device,
  DeviceClaim,
  DeviceClass,
  DeviceClassSpec,
  ResourceClaim,
  ResourceClaimStatus,
  ResourceSlice,
  ResourceSliceSpec,
} from '@tandem/api/resource/v1/types'
import type { PodFixture } from '../objects.ts'

export const driver = 'gpu.example.com'

const meta = (name: string) => ({ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' })

export const deviceClass = (name: string, spec: DeviceClassSpec = {}): DeviceClass => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'DeviceClass',
  metadata: meta(name),
  spec,
})

export type SliceFixture = Partial<Omit<ResourceSliceSpec, 'devices' | 'pool'>> & {
  name: string
  pool?: string
  generation?: number
  count?: number
  devices?: (string | Device)[]
}

/** A slice of devices; `n`'s, and the whole of its pool, unless said otherwise. */
export const slice = ({ name, pool = name, generation = 1, count = 1, devices = [], ...spec }: SliceFixture) => {
  const where = spec.nodeSelector || spec.allNodes || spec.perDeviceNodeSelection || spec.sharedCounters
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: meta(name),
    spec: {
      driver,
      ...(where ? {} : { nodeName: 'n' }),
      ...spec,
      pool: { name: pool, generation, resourceSliceCount: count },
      devices: devices.map((device) => (typeof device === 'string' ? { name: device } : device)),
    },
  } as ResourceSlice
}

export const claim = (name: string, devices: DeviceClaim, status: ResourceClaimStatus = {}): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { ...meta(name), namespace: 'default' },
  spec: { devices },
  status,
})

/** A claim that has these devices. */
export const allocated = (name: string, pool: string, devices: string[], status: ResourceClaimStatus = {}) =>
  claim(
    name,
    { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] },
    {
      allocation: { devices: { results: devices.map((device) => ({ request: 'r', driver, pool, device })) } },
      reservedFor: [{ resource: 'pods', name: 'other', uid: 'other' }],
      ...status,
    },
  )

export const podWithClaims = (...names: string[]): PodFixture => ({
  name: 'p',
  resourceClaims: names.map((name) => ({ name, resourceClaimName: name })),
})
