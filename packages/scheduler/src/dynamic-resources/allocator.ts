import type { Node } from '@tandem/api/core/v1/types'
import type { AllocationResult, DeviceClass, ResourceClaim } from '@tandem/api/resource/v1/types'
import type { AllocatedDevices } from './allocated-devices.ts'
import { allocationOf } from './allocation-result.ts'
import { type Candidate, candidatesIn } from './candidates.ts'
import { consumptionOf, hasRoom } from './capacity.ts'
import { gatherPools, type SliceSource } from './pools.ts'
import { type Alternative, prepareClaim } from './prepared-claim.ts'
import { Search } from './search.ts'

export interface AllocationQuestion {
  node: Node
  claims: readonly ResourceClaim[]
  slices: SliceSource
  classOf(name: string): DeviceClass | undefined
  allocated: AllocatedDevices
  /** Asked now and then during a long search. */
  isOutOfTime(): boolean
}

export type AllocationAnswer =
  | { kind: 'allocated'; allocations: readonly AllocationResult[] }
  /** There is no way to satisfy all claims on this node; `problem` where something is wrong with its pools. */
  | { kind: 'none'; problem?: string }
  | { kind: 'out of time' }

/** Finds devices on the node for all claims at once; the first way that satisfies them is taken. Throws AllocationProblem. */
export function allocate(question: AllocationQuestion): AllocationAnswer {
  const { node, claims, slices, classOf, allocated, isOutOfTime } = question
  const pools = gatherPools(node, slices)
  const candidates = candidatesIn(pools, node)
  const hasRoomFor = (wants: Alternative['wants'], { key, device }: Candidate): boolean => {
    const consumption = consumptionOf(device, wants.capacity?.requests ?? {})
    return consumption !== undefined && hasRoom(device, consumption, [allocated.shares(key)])
  }
  const prepared = claims.map((claim) => prepareClaim(claim, { pools, candidates, classOf, hasRoom: hasRoomFor }))
  const search = new Search({ claims: prepared, candidates, allocated, isOutOfTime })
  const outcome = search.run()
  if (outcome === 'out of time') return { kind: outcome }
  if (outcome !== 'found')
    return pools.some(({ state }) => state === 'invalid')
      ? { kind: 'none', problem: 'invalid resource pools were encountered' }
      : { kind: 'none' }
  return {
    kind: 'allocated',
    allocations: prepared.map((claim, index) => allocationOf(claim, search.chosen[index] ?? [], node)),
  }
}
