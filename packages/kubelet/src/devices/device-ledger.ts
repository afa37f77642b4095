import { isExtendedResource } from '@tandem/api/core/v1/resource-name'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import { quantityValue } from '@tandem/apimachinery'
import { isSidecar } from '../lifecycle/restart-policy.ts'
import type { ContainerAllocation, Device } from './messages.ts'

/** Devices of one resource that one container has. */
export interface Grant {
  podUid: string
  container: string
  resource: string
  ids: string[]
  /** What the plugin gave for them, once it was asked. */
  allocation?: ContainerAllocation
}

/** Fewer devices than a pod asks for. */
export class DeviceError extends Error {
  readonly code = 'DEVICES_UNAVAILABLE'
}

/** Which devices there are, and who has which. Pure book-keeping. */
export class DeviceLedger {
  /** By resource, then ID: is it healthy? */
  readonly #devices = new Map<string, Map<string, boolean>>()
  #grants: Grant[]

  constructor(grants: readonly Grant[] = []) {
    this.#grants = [...grants]
  }

  get grants(): readonly Grant[] {
    return this.#grants
  }

  setDevices(resource: string, devices: readonly Device[]): void {
    this.#devices.set(resource, new Map(devices.map(({ ID, health }) => [ID, health === 'Healthy'])))
  }

  /** The plugin is gone: nobody vouches for its devices. */
  setUnhealthy(resource: string): void {
    const devices = this.#devices.get(resource)
    for (const id of devices?.keys() ?? []) devices?.set(id, false)
  }

  /** All devices of each resource, or the healthy ones alone. */
  amounts(which: 'all' | 'healthy'): Record<string, string> {
    const amount = (devices: ReadonlyMap<string, boolean>): string =>
      String(which === 'all' ? devices.size : [...devices.values()].filter((healthy) => healthy).length)
    return Object.fromEntries([...this.#devices].map(([resource, devices]) => [resource, amount(devices)]))
  }

  grantsOf(podUid: string, container: string): Grant[] {
    return this.#grants.filter((grant) => grant.podUid === podUid && grant.container === container)
  }

  /** Sets devices aside for every container of a pod, or for none. What an init container gives back, later ones may have. */
  reserve(pod: Pod): void {
    const before = this.#grants
    const reusable = new Map<string, Set<string>>()
    try {
      for (const container of pod.spec.initContainers ?? [])
        this.#reserve(pod, container, reusable, isSidecar(container) ? 'kept' : 'givenBack')
      for (const container of pod.spec.containers) this.#reserve(pod, container, reusable, 'kept')
    } catch (error) {
      this.#grants = before
      throw error
    }
  }

  #reserve(
    { metadata: { uid: podUid } }: Pod,
    { name: container, resources }: Container,
    reusable: Map<string, Set<string>>,
    afterwards: 'kept' | 'givenBack',
  ): void {
    for (const [resource, amount] of Object.entries(resources?.limits ?? {})) {
      if (!isExtendedResource(resource) || !this.#devices.has(resource)) continue
      const count = quantityValue(amount)
      const had = this.grantsOf(podUid, container).find((grant) => grant.resource === resource)
      const free = reusable.get(resource) ?? new Set<string>()
      reusable.set(resource, free)
      const ids = had?.ids ?? this.#choose(resource, count, free)
      if (!had && ids.length > 0) this.#grants = [...this.#grants, { podUid, container, resource, ids }]
      for (const id of ids) {
        if (afterwards === 'givenBack') free.add(id)
        else free.delete(id)
      }
    }
  }

  #choose(resource: string, count: number, reusable: ReadonlySet<string>): string[] {
    if (count === 0) return []
    const healthy = [...(this.#devices.get(resource) ?? [])].flatMap(([id, isHealthy]) => (isHealthy ? [id] : []))
    if (healthy.length === 0)
      throw new DeviceError(`no healthy devices present; cannot allocate unhealthy devices ${resource}`)
    const taken = new Set(this.#grants.filter((grant) => grant.resource === resource).flatMap(({ ids }) => ids))
    const fresh = healthy.filter((id) => !taken.has(id))
    const available = [...healthy.filter((id) => reusable.has(id)), ...fresh]
    if (available.length < count)
      throw new DeviceError(
        `requested number of devices unavailable for ${resource}. Requested: ${count}, Available: ${available.length}`,
      )
    return available.slice(0, count)
  }

  setAllocation(grant: Grant, allocation: ContainerAllocation): void {
    this.#grants = this.#grants.map((known) => (known === grant ? { ...grant, allocation } : known))
  }

  /** Devices of pods that are over are free again. */
  retain(podUids: ReadonlySet<string>): boolean {
    const kept = this.#grants.filter(({ podUid }) => podUids.has(podUid))
    const changed = kept.length !== this.#grants.length
    this.#grants = kept
    return changed
  }
}
