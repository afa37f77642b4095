import type { PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import {
  bindCompletedAnnotation,
  findVolumeFor,
  isKeptFor,
  selectedNodeAnnotation,
  storageClassOf,
} from '@tandem/api/core/v1/volume-binding'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import { mismatchOf } from './mismatch.ts'

export interface ToldEvent {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

/** What a claim needs next. */
export type ClaimStep =
  | { do: 'bind'; volume: PersistentVolume }
  | { do: 'wait'; event?: ToldEvent }
  | { do: 'assign-class'; storageClass: string }
  | { do: 'provision'; storageClass: StorageClass }
  | { do: 'lost'; event: ToldEvent }

export interface ClaimView {
  claim: PersistentVolumeClaim
  volumes: readonly PersistentVolume[]
  classes: readonly StorageClass[]
  /** Names of pods that use the claim and have no node yet. */
  waitingPods: readonly string[]
}

const defaultClassAnnotation = 'storageclass.kubernetes.io/is-default-class'
const warning = (reason: string, message: string): ToldEvent => ({ type: 'Warning', reason, message })

export function claimStep(view: ClaimView): ClaimStep {
  const { claim } = view
  if (claim.metadata.annotations?.[bindCompletedAnnotation] !== undefined) return boundStep(view)
  return claim.spec.volumeName ? requestedStep(view) : searchStep(view)
}

function searchStep({ claim, volumes, classes, waitingPods }: ClaimView): ClaimStep {
  const storageClass = classes.find(({ metadata }) => metadata.name === storageClassOf(claim))
  const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const volume = findVolumeFor(claim, volumes, { taken: new Set(), delayed })
  if (volume) return { do: 'bind', volume }
  const byDefault = claim.spec.storageClassName === undefined ? defaultClass(classes) : undefined
  if (byDefault && storageClassOf(claim) === '') return { do: 'assign-class', storageClass: byDefault.metadata.name }
  if (delayed && !claim.metadata.annotations?.[selectedNodeAnnotation])
    return { do: 'wait', event: waitingEvent(waitingPods) }
  if (storageClass) return { do: 'provision', storageClass }
  const name = storageClassOf(claim)
  const event: ToldEvent = name
    ? warning('ProvisioningFailed', `storageclass.storage.k8s.io "${name}" not found`)
    : {
        type: 'Normal',
        reason: 'FailedBinding',
        message: 'no persistent volumes available for this claim and no storage class is set',
      }
  return { do: 'wait', event }
}

/** Of several the youngest. */
const defaultClass = (classes: readonly StorageClass[]): StorageClass | undefined =>
  classes
    .filter(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === 'true')
    .toSorted((a, b) => Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp))[0]

function waitingEvent(pods: readonly string[]): ToldEvent {
  if (pods.length === 0)
    return {
      type: 'Normal',
      reason: 'WaitForFirstConsumer',
      message: 'waiting for first consumer to be created before binding',
    }
  const message = `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`
  return { type: 'Normal', reason: 'WaitForPodScheduled', message }
}

/** The claim names its volume. */
function requestedStep({ claim, volumes }: ClaimView): ClaimStep {
  const volume = volumes.find(({ metadata }) => metadata.name === claim.spec.volumeName)
  if (!volume) return { do: 'wait' }
  const { name } = volume.metadata
  if (!volume.spec.claimRef) {
    const mismatch = mismatchOf(volume, claim)
    if (mismatch === undefined) return { do: 'bind', volume }
    const event = warning('VolumeMismatch', `Cannot bind to requested volume "${name}": ${mismatch}`)
    return { do: 'wait', event }
  }
  if (isKeptFor(volume, claim)) return { do: 'bind', volume }
  return { do: 'wait', event: warning('FailedBinding', `volume "${name}" already bound to a different claim.`) }
}

function boundStep({ claim, volumes }: ClaimView): ClaimStep {
  const lost = (reason: string, message: string): ClaimStep => ({ do: 'lost', event: warning(reason, message) })
  if (!claim.spec.volumeName)
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = volumes.find(({ metadata }) => metadata.name === claim.spec.volumeName)
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { do: 'bind', volume }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}
