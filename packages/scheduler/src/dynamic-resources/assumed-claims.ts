import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import type { Handle, ObjectSource } from '../framework/plugin.ts'
import { type AllocatedDevices, allocatedDevices, devicesOfClaim } from './allocated-devices.ts'
import { byDevice } from './sources.ts'

interface Assumed {
  claim: ResourceClaim
  isWritten: boolean
}

/**
 * Claims with what was decided about them: first only here, then written, until the informers say so too. Whoever looks at devices meanwhile
 * finds them taken.
 */
export class AssumedClaims {
  readonly #objects: ObjectSource
  readonly #claims = new Map<string, Assumed>()

  constructor(objects: ObjectSource) {
    this.#objects = objects
  }

  /** The claim is being allocated, as given. */
  assume(claim: ResourceClaim): void {
    this.#claims.set(claim.metadata.uid, { claim, isWritten: false })
  }

  /** It was written, as given. */
  wrote(claim: ResourceClaim): void {
    this.#claims.set(claim.metadata.uid, { claim, isWritten: true })
    this.#forgetKnown()
  }

  /** It is not to be allocated after all. What was written stays. */
  release(uid: string): void {
    if (this.isPending(uid)) this.#claims.delete(uid)
  }

  /** It is decided and not yet written. */
  isPending(uid: string): boolean {
    return this.#claims.get(uid)?.isWritten === false
  }

  /** The claim as it is, as far as anybody here knows. */
  latest(claim: ResourceClaim): ResourceClaim {
    const assumed = this.#claims.get(claim.metadata.uid)
    return assumed?.isWritten && isNewer(assumed.claim, claim) ? assumed.claim : claim
  }

  /** Which devices are taken, by what informers know and by what is assumed. */
  devices(): AllocatedDevices {
    this.#forgetKnown()
    const assumed = new Map<string, ResourceClaim[]>()
    for (const { claim } of this.#claims.values())
      for (const device of devicesOfClaim(claim)) assumed.set(device, [...(assumed.get(device) ?? []), claim])
    return allocatedDevices((device) => {
      const more = assumed.get(device) ?? []
      const known = this.#objects.byIndex(byDevice, device).filter(({ metadata }) => !this.#claims.has(metadata.uid))
      return more.length > 0 ? [...known, ...more] : known
    })
  }

  #forgetKnown(): void {
    for (const [uid, { claim, isWritten }] of this.#claims) {
      if (!isWritten) continue
      const known = this.#objects.get(resourceClaims, claim.metadata)
      if (known?.metadata.uid !== uid || !isNewer(claim, known)) this.#claims.delete(uid)
    }
  }
}

const isNewer = (a: ResourceClaim, b: ResourceClaim): boolean =>
  Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion)

const byScheduler = new WeakMap<ObjectSource, AssumedClaims>()

/** One for all profiles: they share the devices. */
export function assumedClaims({ objects }: Handle): AssumedClaims {
  const known = byScheduler.get(objects) ?? new AssumedClaims(objects)
  byScheduler.set(objects, known)
  return known
}
