import { compareQuantities, labelMatcherOf, matchesLabels, parseQuantity } from '@tandem/apimachinery'
import { matchNodeSelector } from './node-affinity.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from './types.ts'

/** Annotations by which the scheduler and whoever binds and provisions volumes tell each other how far they are. */
export const bindCompletedAnnotation = 'pv.kubernetes.io/bind-completed'
export const boundByControllerAnnotation = 'pv.kubernetes.io/bound-by-controller'
export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'

const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** The class by name; empty for none. The old annotation still wins over the field. */
export const storageClassOf = ({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string =>
  metadata.annotations?.[betaClassAnnotation] ?? spec.storageClassName ?? ''

/** Whether volume and claim have both been written as bound. */
export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && metadata.annotations?.[bindCompletedAnnotation] !== undefined

/** Whether the volume is kept for the claim, by name, and for this very one where the volume says which. */
export function isKeptFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === metadata.uid
}

/** Can the volume be reached from the node? */
export const isVolumeReachable = ({ spec: { nodeAffinity } }: PersistentVolume, node: Node): boolean =>
  !nodeAffinity?.required || matchNodeSelector(nodeAffinity.required, node)

/** The claim that a volume of a pod uses: named, or made for a generic ephemeral volume. Undefined for other volumes. */
export function claimNameOf(pod: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  if (persistentVolumeClaim) return persistentVolumeClaim.claimName
  return ephemeral ? `${pod.metadata.name}-${name}` : undefined
}

export interface MatchOptions {
  /** Volumes that other claims were given already. */
  taken: ReadonlySet<string>
  /** Where the volume must be reachable from: at scheduling. Undefined when it may be anywhere. */
  node?: Node
  /** Without a node: bind only what was kept for the claim, and leave the choice to the scheduler. */
  delayed?: boolean
}

/** The volume for a claim: one that was kept for it, else the smallest that fits. */
export function findVolumeFor(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { taken, node, delayed = false }: MatchOptions,
): PersistentVolume | undefined {
  const fits = fitting(claim)
  let smallest: PersistentVolume | undefined
  for (const volume of volumes) {
    if (taken.has(volume.metadata.name) || !fits(volume)) continue
    const reachable = !node || isVolumeReachable(volume, node)
    // Kept for the claim and out of reach: no other will do.
    if (isKeptFor(volume, claim)) return reachable ? volume : undefined
    if (!reachable || (!node && delayed) || volume.spec.claimRef) continue
    if (isFree(volume, claim) && (!smallest || isSmaller(volume, smallest))) smallest = volume
  }
  return smallest
}

const sizeOf = ({ spec }: PersistentVolume) => parseQuantity(spec.capacity?.storage ?? '0')

const isSmaller = (a: PersistentVolume, b: PersistentVolume): boolean => compareQuantities(sizeOf(a), sizeOf(b)) < 0

/** What must hold also of a volume that was kept for the claim. */
function fitting({ spec }: PersistentVolumeClaim): (volume: PersistentVolume) => boolean {
  const requested = parseQuantity(spec.resources?.requests?.storage ?? '0')
  return (volume) =>
    !volume.metadata.deletionTimestamp &&
    compareQuantities(sizeOf(volume), requested) >= 0 &&
    (volume.spec.volumeMode ?? 'Filesystem') === (spec.volumeMode ?? 'Filesystem') &&
    (volume.spec.volumeAttributesClassName ?? '') === (spec.volumeAttributesClassName ?? '')
}

const isFree = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  volume.status?.phase === 'Available' &&
  storageClassOf(volume) === storageClassOf(claim) &&
  (!claim.spec.selector || matchesLabels(labelMatcherOf(claim.spec.selector), volume.metadata.labels)) &&
  (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode))
