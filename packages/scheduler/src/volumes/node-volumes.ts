import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import {
  findVolumeFor,
  isKeptFor,
  isVolumeReachable,
  selectedNodeAnnotation,
  storageClassOf,
} from '@tandem/api/core/v1/volume-binding'
import { csiDrivers } from '@tandem/api/storage/v1/csidriver'
import { csiStorageCapacities } from '@tandem/api/storage/v1/csistoragecapacity'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import { compareQuantities, labelMatcherOf, matchesLabels, parseQuantity } from '@tandem/apimachinery'
import type { ObjectSource } from '../framework/plugin.ts'
import type { AssumedVolumes } from './assumed-volumes.ts'
import type { PodClaims } from './pod-claims.ts'

/** What would be done with the pod's claims if it came to a node. */
export interface VolumePlan {
  bindings: readonly { claim: PersistentVolumeClaim; volume: PersistentVolume }[]
  provisions: readonly PersistentVolumeClaim[]
}

export type VolumeFit = { plan: VolumePlan } | { reasons: readonly string[] }

const notReachable = "node(s) didn't match PersistentVolume's node affinity"
const nothingToBind = "node(s) didn't find available persistent volumes to bind"
const notEnoughSpace = 'node(s) did not have enough free storage'
const volumeMissing = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

export interface VolumeQuestion {
  claims: PodClaims
  node: Node
  objects: ObjectSource
  assumed: AssumedVolumes
}

/** Can the pod have its volumes on the node, and how? Looks, but changes nothing. */
export function planVolumes({ claims, node, objects, assumed }: VolumeQuestion): VolumeFit {
  const reasons = new Set<string>()
  for (const { spec } of claims.bound) {
    const volume = objects.get(persistentVolumes, { name: spec.volumeName ?? '' })
    if (!volume) reasons.add(volumeMissing)
    else if (!isVolumeReachable(volume, node)) reasons.add(notReachable)
  }
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provisions: PersistentVolumeClaim[] = []
  const taken = new Set<string>()
  // The smallest claims first, so that each takes the smallest volume that is large enough.
  for (const claim of [...claims.delayed].sort(bySize)) {
    const { uid, annotations } = claim.metadata
    const selected = assumed.provisions.get(uid) ?? annotations?.[selectedNodeAnnotation]
    if (selected !== undefined && selected !== node.metadata.name) return { reasons: [...reasons, nothingToBind] }
    const volume = selected === undefined ? bindable(claim, { objects, assumed, node, taken }) : undefined
    if (volume) {
      taken.add(volume.metadata.name)
      bindings.push({ claim, volume })
      continue
    }
    const refusal = refusalToProvision(claim, node, objects)
    if (refusal) reasons.add(refusal)
    else provisions.push(claim)
  }
  return reasons.size > 0 ? { reasons: [...reasons] } : { plan: { bindings, provisions } }
}

function bindable(
  claim: PersistentVolumeClaim,
  { objects, assumed, node, taken }: Omit<VolumeQuestion, 'claims'> & { taken: ReadonlySet<string> },
): PersistentVolume | undefined {
  const className = storageClassOf(claim)
  const isOpen = (volume: PersistentVolume): boolean => {
    const holder = assumed.bindings.get(volume.metadata.name)
    return (
      (holder === undefined || holder === claim.metadata.uid) &&
      (storageClassOf(volume) === className || isKeptFor(volume, claim))
    )
  }
  return findVolumeFor(claim, objects.list(persistentVolumes).filter(isOpen), { taken, node })
}

const requestOf = ({ spec }: PersistentVolumeClaim) => parseQuantity(spec.resources?.requests?.storage ?? '0')

const bySize = (a: PersistentVolumeClaim, b: PersistentVolumeClaim): number =>
  compareQuantities(requestOf(a), requestOf(b))

const noProvisioner = 'kubernetes.io/no-provisioner'

function refusalToProvision(claim: PersistentVolumeClaim, node: Node, objects: ObjectSource): string | undefined {
  const storageClass = objects.get(storageClasses, { name: storageClassOf(claim) })
  if (!storageClass?.provisioner || storageClass.provisioner === noProvisioner) return nothingToBind
  if (!allowsTopology(storageClass, node)) return nothingToBind
  return hasCapacity(claim, { storageClass, node, objects }) ? undefined : notEnoughSpace
}

const allowsTopology = ({ allowedTopologies = [] }: StorageClass, { metadata }: Node): boolean =>
  allowedTopologies.length === 0 ||
  allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(metadata.labels?.[key] ?? '')),
  )

/** Only drivers that publish how much room they have are asked. */
function hasCapacity(
  claim: PersistentVolumeClaim,
  { storageClass, node, objects }: { storageClass: StorageClass; node: Node; objects: ObjectSource },
): boolean {
  if (!claim.spec.resources?.requests?.storage) return true
  if (!objects.get(csiDrivers, { name: storageClass.provisioner })?.spec.storageCapacity) return true
  const wanted = requestOf(claim)
  return objects
    .list(csiStorageCapacities)
    .some(
      ({ storageClassName, nodeTopology, capacity, maximumVolumeSize }) =>
        storageClassName === storageClass.metadata.name &&
        nodeTopology !== undefined &&
        matchesLabels(labelMatcherOf(nodeTopology), node.metadata.labels) &&
        compareQuantities(parseQuantity(maximumVolumeSize ?? capacity ?? '0'), wanted) >= 0,
    )
}
