import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { isFullyBound, selectedNodeAnnotation } from '@tandem/api/core/v1/volume-binding'
import { csiDrivers } from '@tandem/api/storage/v1/csidriver'
import { csiStorageCapacities } from '@tandem/api/storage/v1/csistoragecapacity'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { fieldsOf, intIn } from '../config/reading.ts'
import type { Cycle, Handle, Plugin } from '../framework/plugin.ts'
import { skip, unresolvable } from '../framework/status.ts'
import { assumedVolumes } from '../volumes/assumed-volumes.ts'
import { planVolumes, type VolumePlan } from '../volumes/node-volumes.ts'
import { ClaimProblem, claimsOfPod, type PodClaims, sortClaims } from '../volumes/pod-claims.ts'
import { startBinding } from '../volumes/start-binding.ts'

const name = 'VolumeBinding'

interface State {
  claims: PodClaims
  plans: Map<string, VolumePlan>
}

const stateOf = (cycle: Cycle): State | undefined => cycle.state.get(name) as State | undefined

const planFor = (cycle: Cycle, nodeName: string): VolumePlan | undefined => stateOf(cycle)?.plans.get(nodeName)

/** A pod runs where its volumes can be reached; claims that waited for it are bound, or provisioned, for the node it gets. */
const create = (bindTimeoutMs: number): Plugin => ({
  name,
  reads: [persistentVolumeClaims, persistentVolumes, storageClasses, csiDrivers, csiStorageCapacities],
  events: [
    'PersistentVolumeClaimAdd',
    'PersistentVolumeClaimUpdate',
    'PersistentVolumeAdd',
    'PersistentVolumeUpdate',
    'StorageClassAdd',
    'CSIDriverAdd',
    'CSIDriverUpdate',
    'CSIStorageCapacityAdd',
    'CSIStorageCapacityUpdate',
    'NodeAdd',
    'NodeLabelChange',
    'UnschedulablePodUpdate',
  ],
  configure(args) {
    const { bindTimeoutSeconds = 600 } = fieldsOf(args, 'args', ['bindTimeoutSeconds'])
    const path = 'args.bindTimeoutSeconds'
    return create(intIn(bindTimeoutSeconds, { path, min: 0, max: Number.MAX_SAFE_INTEGER }) * 1000)
  },

  mayHelp({ pod }, change) {
    if (!('object' in change) || !change.event.startsWith('PersistentVolumeClaim')) return true
    return change.object.metadata.namespace === pod.metadata.namespace
  },

  preFilter(cycle) {
    const { objects } = cycle.handle
    try {
      const all = claimsOfPod(cycle.pod.pod, objects)
      if (all.length === 0) return skip
      const claims = sortClaims(all, objects)
      if (claims.immediate.length > 0) return unresolvable('pod has unbound immediate PersistentVolumeClaims')
      cycle.state.set(name, { claims, plans: new Map() } satisfies State)
      return undefined
    } catch (error) {
      if (error instanceof ClaimProblem) return unresolvable(error.message)
      throw error
    }
  },

  filter(cycle, { node }) {
    const state = stateOf(cycle)
    if (!state) return undefined
    const { objects } = cycle.handle
    const fit = planVolumes({ claims: state.claims, node, objects, assumed: assumedVolumes(cycle.handle) })
    if ('reasons' in fit) return unresolvable(...fit.reasons)
    state.plans.set(node.metadata.name, fit.plan)
    return undefined
  },

  reserve(cycle, nodeName) {
    const plan = planFor(cycle, nodeName)
    if (plan) assume(cycle.handle, plan, nodeName)
    return undefined
  },

  unreserve(cycle, nodeName) {
    const plan = planFor(cycle, nodeName)
    if (plan) forget(cycle.handle, plan)
  },

  async preBind(cycle, nodeName) {
    const plan = planFor(cycle, nodeName)
    if (!plan || plan.bindings.length + plan.provisions.length === 0) return undefined
    const { handle } = cycle
    await startBinding(handle.client, plan, nodeName)
    const claims = [...plan.bindings.map(({ claim }) => claim), ...plan.provisions]
    await handle.objects.until({
      resources: [persistentVolumeClaims, persistentVolumes],
      timeoutMs: bindTimeoutMs,
      problem: 'binding volumes: timed out waiting for the claims to be bound',
      check: () => claims.every(({ metadata }) => isBoundNow(handle, { ...metadata, nodeName }, plan)),
    })
    // What is bound is told by the objects themselves from here on.
    forget(handle, plan)
    return undefined
  },
})

export const plugin = create(600_000)

function assume(handle: Handle, { bindings, provisions }: VolumePlan, nodeName: string): void {
  const assumed = assumedVolumes(handle)
  for (const { claim, volume } of bindings) assumed.bindings.set(volume.metadata.name, claim.metadata.uid)
  for (const { metadata } of provisions) assumed.provisions.set(metadata.uid, nodeName)
}

function forget(handle: Handle, { bindings, provisions }: VolumePlan): void {
  const assumed = assumedVolumes(handle)
  for (const { volume } of bindings) assumed.bindings.delete(volume.metadata.name)
  for (const { metadata } of provisions) assumed.provisions.delete(metadata.uid)
}

/** Throws where it will never be: the claim is gone, or whoever provisions gave the node back. */
function isBoundNow(
  { objects }: Handle,
  claim: { namespace?: string; name: string; nodeName: string },
  { provisions }: VolumePlan,
): boolean {
  const now = objects.get(persistentVolumeClaims, claim)
  if (!now) throw new Error(`persistentvolumeclaim "${claim.name}" not found`)
  if (isFullyBound(now)) return true
  const provisioned = provisions.find(({ metadata }) => metadata.uid === now.metadata.uid)
  const isWritten = provisioned && Number(now.metadata.resourceVersion) > Number(provisioned.metadata.resourceVersion)
  if (isWritten && now.metadata.annotations?.[selectedNodeAnnotation] !== claim.nodeName)
    throw new Error(`provisioning failed for PVC "${claim.name}"`)
  return false
}
