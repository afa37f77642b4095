import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { isClaimOfPod } from '@tandem/api/core/v1/pod-volume-claims'
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '@tandem/api/core/v1/types'
import { claimNameOf, isFullyBound } from '@tandem/api/core/v1/volume-binding'
import type { ObjectKey } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock } from '@tandem/component-base'

const protection = 'kubernetes.io/pvc-protection'

export interface ClaimedVolume {
  claim: PersistentVolumeClaim
  volume: PersistentVolume
}

/** The claim of a pod cannot be used, or not yet. */
export class ClaimError extends Error {
  readonly code = 'Claim'
}

/** Finds what is behind the claims of pods. A node may read claims of its own pods one by one, and not watch them. */
export class ClaimedVolumes {
  readonly #client: Pick<Client, 'get'>
  readonly #clock: Pick<Clock, 'sleep'>

  constructor({ client, clock }: { client: Pick<Client, 'get'>; clock: Pick<Clock, 'sleep'> }) {
    this.#client = client
    this.#clock = clock
  }

  /** Undefined for a volume that is no claim's. */
  async find(pod: Pod, volume: Volume): Promise<ClaimedVolume | undefined> {
    const name = claimNameOf(pod, volume)
    if (name === undefined) return undefined
    const { namespace = '' } = pod.metadata
    const failed = (what: string, cause?: unknown): never => {
      throw new ClaimError(`error processing PVC ${namespace}/${name}: ${what}`, { cause })
    }
    const claim = await this.#claim({ namespace, name }).catch((error) =>
      failed(`failed to fetch PVC from API server: ${messageOf(error)}`, error),
    )
    const problem = problemOf(claim)
    if (problem !== undefined) failed(problem)
    if (volume.ephemeral && !isClaimOfPod(pod, claim))
      throw new ClaimError(
        `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
      )
    const { volumeName = '' } = claim.spec
    const persistentVolume = await this.#client
      .get(persistentVolumes, { name: volumeName })
      .catch((error) => failed(`failed to fetch PV ${volumeName} from API server: ${messageOf(error)}`, error))
    const misbound = misbinding(persistentVolume, claim)
    if (misbound !== undefined) failed(misbound)
    checkMode(pod, volume.name, persistentVolume)
    return { claim, volume: persistentVolume }
  }

  /** Its status is written last when it is bound, and the pod may be here by then: that moment is waited for. */
  async #claim(key: ObjectKey): Promise<PersistentVolumeClaim> {
    for (let tries = 0; ; tries++) {
      const claim = await this.#client.get(persistentVolumeClaims, key)
      if (claim.status?.phase === 'Bound' || !isFullyBound(claim) || tries === 20) return claim
      await this.#clock.sleep(100)
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function problemOf({ metadata, spec, status }: PersistentVolumeClaim): string | undefined {
  // What is still protected was in use before it was deleted: its pods may start again.
  if (metadata.deletionTimestamp && !metadata.finalizers?.includes(protection)) return 'PVC is being deleted'
  if (status?.phase !== 'Bound') return 'PVC is not bound'
  return spec.volumeName ? undefined : 'PVC has empty pvc.Spec.VolumeName'
}

function misbinding({ metadata, spec }: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const found = `found PV object ${metadata.name} but`
  if (!spec.claimRef) return `${found} it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`
  const { uid } = spec.claimRef
  if (uid === claim.metadata.uid) return undefined
  return `${found} its pv.Spec.ClaimRef.UID ${uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`
}

function checkMode({ spec }: Pod, name: string, { spec: { volumeMode = 'Filesystem' } }: PersistentVolume): void {
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  const field = volumeMode === 'Block' ? 'volumeMounts' : 'volumeDevices'
  if (containers.some((container) => container[field]?.some((used) => used.name === name)))
    throw new ClaimError(`volume ${name} has volumeMode ${volumeMode}, but is specified in ${field}`)
}
