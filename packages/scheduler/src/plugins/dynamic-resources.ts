import { matchNodeSelector } from '@tandem/api/core/v1/node-affinity'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { deviceClasses } from '@tandem/api/resource/v1/deviceclass'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceSlices } from '@tandem/api/resource/v1/resourceslice'
import type { AllocationResult, ResourceClaim } from '@tandem/api/resource/v1/types'
import { durationIn, fieldsOf } from '../config/reading.ts'
import type { AllocatedDevices } from '../dynamic-resources/allocated-devices.ts'
import { allocate } from '../dynamic-resources/allocator.ts'
import { assumedClaims } from '../dynamic-resources/assumed-claims.ts'
import { hasBindingConditions, mayStillBind } from '../dynamic-resources/binding-conditions.ts'
import { deallocate, finalizer, removeReservation, writeReservation } from '../dynamic-resources/claim-writing.ts'
import { missingClass } from '../dynamic-resources/missing-class.ts'
import { ClaimProblem, claimsOfPod, isReservedFor } from '../dynamic-resources/pod-claims.ts'
import { AllocationProblem } from '../dynamic-resources/prepared-claim.ts'
import { scoreOf } from '../dynamic-resources/score.ts'
import { indexes, slicesIn } from '../dynamic-resources/sources.ts'
import { untilReady } from '../dynamic-resources/until-ready.ts'
import { mayHelpWithClaims } from '../dynamic-resources/waking.ts'
import { normalizeToMax } from '../framework/framework.ts'
import type { Cycle, Handle, Plugin } from '../framework/plugin.ts'
import { failed, type Status, skip, unresolvable, unschedulable } from '../framework/status.ts'

const name = 'DynamicResources'

interface State {
  /** The claims of the pod, as they are; once reserved, as they were written. */
  claims: ResourceClaim[]
  devices: AllocatedDevices
  /** What claims without devices would get on a node, in the order of `claims`. */
  allocations: Map<string, readonly AllocationResult[]>
  /** Claims whose devices cannot be used on some node that would do otherwise. */
  unavailable: Set<ResourceClaim>
}

const stateOf = (cycle: Cycle): State | undefined => cycle.state.get(name) as State | undefined

interface Timeouts {
  /** Of the search for devices on one node. */
  filterMs: number
  /** Of devices that have to be brought to their node. */
  bindingMs: number
}

/** A pod runs where the devices are that it claims. They are chosen here, and taken in memory until that is written. */
const create = (timeouts: Timeouts): Plugin => ({
  name,
  weight: 2,
  reads: [resourceClaims, resourceSlices, deviceClasses],
  indexes,
  events: [
    'ResourceClaimAdd',
    'ResourceClaimUpdate',
    'ResourceSliceAdd',
    'ResourceSliceUpdate',
    'DeviceClassAdd',
    'DeviceClassUpdate',
    'NodeAdd',
    'NodeLabelChange',
    'NodeAllocatableChange',
    'AssignedPodDelete',
    'UnschedulablePodUpdate',
  ],
  mayHelp: ({ pod }, change, handle) => mayHelpWithClaims(pod, change, handle),

  configure(args) {
    const { filterTimeout = '10s', bindingTimeout = '600s' } = fieldsOf(args, 'args', [
      'filterTimeout',
      'bindingTimeout',
    ])
    const [filter, binding] = ['args.filterTimeout', 'args.bindingTimeout']
    return create({
      filterMs: durationIn(filterTimeout, { path: filter, min: 0, atLeast: 'zero or positive' }),
      bindingMs: durationIn(bindingTimeout, { path: binding, min: 1000, atLeast: 'at least 1 second' }),
    })
  },

  preEnqueue: (pod, handle) => (pod.spec.resourceClaims ? claimsOrProblem(pod, handle).problem : undefined),

  preFilter(cycle) {
    const { pod } = cycle.pod
    if (!pod.spec.resourceClaims?.length) return skip
    const { claims, problem } = claimsOrProblem(pod, cycle.handle)
    if (problem) return problem
    if (claims.length === 0) return skip
    const assumed = assumedClaims(cycle.handle)
    for (const claim of claims.filter(isOpen)) {
      const { namespace, name: claimName, uid } = claim.metadata
      if (assumed.isPending(uid))
        return unresolvable(`resource claim ${namespace}/${claimName} is in the process of being allocated`)
      const missing = missingClass(claim, cycle.handle)
      if (missing) return unresolvable(missing)
    }
    const state: State = { claims, devices: assumed.devices(), allocations: new Map(), unavailable: new Set() }
    cycle.state.set(name, state)
    return undefined
  },

  filter(cycle, { node }) {
    const state = stateOf(cycle)
    if (!state) return undefined
    const time = { now: cycle.handle.clock.now(), timeoutMs: timeouts.bindingMs }
    const unavailable = state.claims.filter(
      (claim) => !isOpen(claim) && !(isReachable(claim, node) && mayStillBind(claim, time)),
    )
    const open = state.claims.filter(isOpen)
    const refusal = open.length > 0 ? allocateOn(cycle, state, { node, open, filterMs: timeouts.filterMs }) : undefined
    if (refusal) return refusal
    for (const claim of unavailable) state.unavailable.add(claim)
    return unavailable.length > 0 ? unresolvable('resourceclaim not available on the node') : undefined
  },

  postFilter(cycle) {
    const state = stateOf(cycle)
    if (!state) return { status: unschedulable('no new claims to deallocate') }
    const { uid } = cycle.pod.pod.metadata
    const free = [...state.unavailable].find(({ status }) =>
      (status?.reservedFor ?? []).every((consumer) => consumer.uid === uid),
    )
    if (!free) return { status: unschedulable('still not schedulable') }
    return {
      status: unschedulable('deallocation of ResourceClaim completed'),
      afterwards: () => deallocate(cycle.handle.client, free),
    }
  },

  preScore: (cycle) => (stateOf(cycle) ? undefined : skip),
  score(cycle, node) {
    const state = stateOf(cycle)
    const allocations = state?.allocations.get(node.name)?.values()
    return (state?.claims ?? []).reduce((sum, claim) => {
      const allocation = isOpen(claim) ? allocations?.next().value : claim.status?.allocation
      return sum + scoreOf(claim, allocation)
    }, 0)
  },
  normalizeScores: (_, scores) => normalizeToMax(scores, 'high-is-good'),

  reserve(cycle, nodeName) {
    const state = stateOf(cycle)
    const open = state?.claims.filter(isOpen) ?? []
    if (!state || open.length === 0) return undefined
    const allocations = state.allocations.get(nodeName)
    if (!allocations) return failed(new Error('claim allocation not found for node'))
    for (const [index, claim] of open.entries())
      assumedClaims(cycle.handle).assume(allocatedClaim(claim, allocations[index]))
    return undefined
  },

  async unreserve(cycle) {
    const { pod } = cycle.pod
    const { client } = cycle.handle
    const claims = stateOf(cycle)?.claims ?? []
    for (const { metadata } of claims) assumedClaims(cycle.handle).release(metadata.uid)
    for (const claim of claims)
      if (!isOpen(claim) && isReservedFor(claim, pod)) await removeReservation(client, claim, pod)
  },

  async preBind(cycle, nodeName) {
    const state = stateOf(cycle)
    if (!state) return undefined
    const { handle } = cycle
    const { pod } = cycle.pod
    const allocations = state.allocations.get(nodeName)?.values()
    for (const [index, claim] of state.claims.entries()) {
      const allocation = isOpen(claim) ? allocations?.next().value : undefined
      if (isReservedFor(claim, pod)) continue
      const now = handle.clock.now()
      const written = await writeReservation(handle.client, { claim, pod, allocation, now })
      assumedClaims(handle).wrote(written)
      state.claims[index] = written
    }
    const waiting = state.claims.filter(hasBindingConditions)
    if (waiting.length > 0) await untilReady(handle, { pod, nodeName, claims: waiting, timeoutMs: timeouts.bindingMs })
    return undefined
  },
})

export const plugin = create({ filterMs: 10_000, bindingMs: 600_000 })

/** It has no devices yet. */
const isOpen = ({ status }: ResourceClaim): boolean => status?.allocation === undefined

const isReachable = ({ status }: ResourceClaim, node: Node): boolean => {
  const selector = status?.allocation?.nodeSelector
  return selector === undefined || matchNodeSelector(selector, node)
}

function claimsOrProblem(pod: Pod, handle: Handle): { claims: ResourceClaim[]; problem?: Status } {
  try {
    return { claims: claimsOfPod(pod, handle) }
  } catch (error) {
    if (error instanceof ClaimProblem) return { claims: [], problem: unresolvable(error.message) }
    throw error
  }
}

function allocateOn(
  { handle }: Cycle,
  { devices, allocations }: State,
  { node, open, filterMs }: { node: Node; open: readonly ResourceClaim[]; filterMs: number },
): Status | undefined {
  const { clock, objects } = handle
  const start = clock.monotonic()
  try {
    const answer = allocate({
      node,
      claims: open,
      slices: slicesIn(objects),
      classOf: (className) => objects.get(deviceClasses, { name: className }),
      allocated: devices,
      isOutOfTime: () => filterMs > 0 && clock.monotonic() - start > filterMs,
    })
    if (answer.kind === 'none') return unresolvable(answer.problem ?? 'cannot allocate all claims')
    if (answer.kind === 'out of time')
      return unresolvable(`node ${node.metadata.name}: timed out trying to allocate devices`)
    allocations.set(node.metadata.name, answer.allocations)
    return undefined
  } catch (error) {
    if (error instanceof AllocationProblem) return failed(error)
    throw error
  }
}

function allocatedClaim(claim: ResourceClaim, allocation: AllocationResult | undefined): ResourceClaim {
  const { metadata, status } = claim
  const finalizers = [...new Set([...(metadata.finalizers ?? []), finalizer])]
  return { ...claim, metadata: { ...metadata, finalizers }, status: { ...status, ...(allocation && { allocation }) } }
}
