import type { Container, EphemeralContainer, Pod } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import { controllerOf } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Logger } from '@tandem/component-base'
import { readCdiSpecs } from './cdi-specs.ts'
import { containerEditsOf, type DeviceConfig, noDevices } from './container-edits.ts'
import type { DraDriver } from './dra-driver.ts'
import type { PreparedClaim, PreparedClaims } from './prepared-claims.ts'

export interface DynamicResourcesOptions {
  client: Client
  /** Throws where there is none of that name. */
  drivers: { get(name: string): DraDriver }
  prepared: PreparedClaims
  logger: Logger
  /** Where devices are described; the host's, unless given. */
  cdiDirectories?: readonly string[]
}

/** Devices of the claims of pods: made ready by their drivers before a pod starts, given to containers, and cleaned up after. */
export class DynamicResources {
  readonly #options: DynamicResourcesOptions
  /** One after the other: two pods may share a claim. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: DynamicResourcesOptions) {
    this.#options = options
  }

  /** Throws, in upstream's words, where a claim is not the pod's, or a driver is not there or fails. */
  async prepare(pod: Pod): Promise<void> {
    if (!pod.spec.resourceClaims?.length) return
    await this.#inTurn(async () => {
      const claims = await this.#claimsOf(pod)
      for (const claim of claims) for (const name of driversOf(claim)) this.#options.drivers.get(name)
      for (const claim of claims) await this.#prepareClaim(claim, pod)
    })
  }

  /** What the container gets with the devices of the claims that it names. */
  async configure(pod: Pod, { resources }: Container | EphemeralContainer): Promise<DeviceConfig> {
    const wanted = resources?.claims ?? []
    if (wanted.length === 0) return noDevices
    const prepared = this.#options.prepared.ofPod(pod.metadata.uid)
    const ids = wanted.flatMap(({ name, request }) => {
      const claimName = nameOf(pod, name)
      if (claimName === '') return []
      const claim = prepared.find((each) => each.name === claimName)
      if (!claim) throw new Error(`unable to get information for ResourceClaim ${claimName}`)
      const devices = Object.values(claim.drivers).flatMap((each) => each ?? [])
      return devices.filter(({ requestNames }) => isFor(requestNames, request)).flatMap((each) => each.cdiDeviceIds)
    })
    const distinct = [...new Set(ids)]
    return distinct.length > 0
      ? containerEditsOf(distinct, await readCdiSpecs(this.#options.cdiDirectories))
      : noDevices
  }

  /** Cleans up for pods that are not among these any more. What fails is tried again at the next call. */
  retain(podUids: ReadonlySet<string>): void {
    if (this.#options.prepared.all.some((claim) => claim.podUids.some((uid) => !podUids.has(uid))))
      void this.#inTurn(() => this.#release(podUids))
  }

  async #release(podUids: ReadonlySet<string>): Promise<void> {
    const { prepared, drivers, logger } = this.#options
    for (const claim of prepared.all) {
      const kept = claim.podUids.filter((uid) => podUids.has(uid))
      if (kept.length === claim.podUids.length) continue
      if (kept.length > 0) {
        prepared.set({ ...claim, podUids: kept })
        continue
      }
      try {
        const { namespace, name, uid } = claim
        for (const driver of Object.keys(claim.drivers)) await drivers.get(driver).unprepare({ namespace, name, uid })
        prepared.delete(uid)
      } catch (error) {
        logger.warn({ error, claim: claim.name }, 'devices could not be cleaned up')
      }
    }
  }

  async #prepareClaim(claim: ResourceClaim, pod: Pod): Promise<void> {
    const { drivers, prepared } = this.#options
    const { namespace = '', name, uid } = claim.metadata
    const known = prepared.get(uid)
    const record: PreparedClaim = known ?? {
      namespace,
      name,
      uid,
      podUids: [],
      drivers: Object.fromEntries(driversOf(claim).map((driver) => [driver, null])),
    }
    // Written before drivers are asked: what they began has to be cleaned up, whatever comes of it.
    const podUids = [...new Set([...record.podUids, pod.metadata.uid])]
    prepared.set({ ...record, podUids })
    const ready = { ...record.drivers }
    for (const [driver, devices] of Object.entries(ready))
      ready[driver] = devices ?? [...(await drivers.get(driver).prepare({ namespace, name, uid }))]
    prepared.set({ ...record, podUids, drivers: ready })
  }

  async #claimsOf(pod: Pod): Promise<ResourceClaim[]> {
    const { namespace } = pod.metadata
    const claims: ResourceClaim[] = []
    for (const entry of pod.spec.resourceClaims ?? []) {
      const name = nameOf(pod, entry.name)
      if (name === undefined) throw new Error(`pod "${namespace}/${pod.metadata.name}": ResourceClaim not created yet`)
      if (name === '') continue
      const claim = await this.#options.client.get(resourceClaims, { namespace, name }).catch((error: unknown) => {
        throw new Error(`fetch ResourceClaim ${name}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        })
      })
      verifyUse(claim, pod, { isShared: entry.resourceClaimName !== undefined })
      claims.push(claim)
    }
    return claims
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }
}

/** Of the claim behind an entry of the pod; '' where it needs none, undefined while it is not made. */
function nameOf({ spec, status }: Pod, entryName: string): string | undefined {
  const entry = spec.resourceClaims?.find(({ name }) => name === entryName)
  if (entry?.resourceClaimName) return entry.resourceClaimName
  const made = status?.resourceClaimStatuses?.find(({ name }) => name === entryName)
  return made && (made.resourceClaimName ?? '')
}

const driversOf = ({ status }: ResourceClaim): string[] => [
  ...new Set((status?.allocation?.devices?.results ?? []).map(({ driver }) => driver)),
]

function verifyUse(claim: ResourceClaim, { metadata }: Pod, { isShared }: { isShared: boolean }): void {
  const { namespace, name, uid } = claim.metadata
  if (!isShared && controllerOf(claim)?.uid !== metadata.uid)
    throw new Error(
      `ResourceClaim ${namespace}/${name} was not created for Pod ${metadata.namespace}/${metadata.name} (Pod is not owner)`,
    )
  if (!claim.status?.reservedFor?.some((consumer) => consumer.uid === metadata.uid))
    throw new Error(`pod ${metadata.name} (${metadata.uid}) is not allowed to use ResourceClaim ${name} (${uid})`)
}

/** A request of the claim covers its subrequests. */
const isFor = (requestNames: readonly string[], request: string | undefined): boolean =>
  !request ||
  requestNames.length === 0 ||
  requestNames.some((name) => name === request || name.split('/', 1)[0] === request)
