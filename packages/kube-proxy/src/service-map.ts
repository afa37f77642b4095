import type { Service } from '@tandem/api/core/v1/types'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { type EndpointInfo, endpointsByPort, type ProxyNode } from './endpoint.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'

/** One port of a Service with all its endpoints. Never changed: a change of either makes a new entry. */
export interface ServicePortEntry {
  readonly port: ServicePortInfo
  readonly endpoints: readonly EndpointInfo[]
}

/** All that a proxier makes rules of, in the order of names. */
export type ProxyState = readonly ServicePortEntry[]

/**
 * Services and EndpointSlices, put together. Changes are only noted; `state()` then works on what changed, and hands out the same entry
 * for what did not, so that whoever derives something from an entry can keep it.
 */
export class ServiceMap {
  readonly #node: ProxyNode
  readonly #shaped: (entry: ServicePortEntry) => ServicePortEntry
  readonly #services = new Map<string, Service>()
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  readonly #entries = new Map<string, ServicePortEntry[]>()
  readonly #changed = new Set<string>()
  #state: ProxyState = []

  /** What is left out of an entry by `shaped` is unknown to all that is made of it. */
  constructor(node: ProxyNode, shaped: (entry: ServicePortEntry) => ServicePortEntry = (entry) => entry) {
    this.#node = node
    this.#shaped = shaped
  }

  setService(service: Service): void {
    const key = keyOf(service)
    this.#services.set(key, service)
    this.#changed.add(key)
  }

  deleteService(service: Service): void {
    const key = keyOf(service)
    this.#services.delete(key)
    this.#changed.add(key)
  }

  setSlice(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice)
    if (key === undefined) return
    const slices = this.#slices.get(key) ?? new Map<string, EndpointSlice>()
    slices.set(slice.metadata.name, slice)
    this.#slices.set(key, slices)
    this.#changed.add(key)
  }

  deleteSlice(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice)
    if (key === undefined) return
    const slices = this.#slices.get(key)
    slices?.delete(slice.metadata.name)
    if (slices?.size === 0) this.#slices.delete(key)
    this.#changed.add(key)
  }

  /** How many Services have changes that `state()` has not worked in. */
  get pending(): number {
    return this.#changed.size
  }

  state(): ProxyState {
    if (this.#changed.size === 0) return this.#state
    for (const key of this.#changed) {
      const entries = this.#entriesOf(key)
      if (entries.length > 0) this.#entries.set(key, entries)
      else this.#entries.delete(key)
    }
    this.#changed.clear()
    const keys = [...this.#entries.keys()].sort()
    this.#state = keys.flatMap((key) => this.#entries.get(key) ?? [])
    return this.#state
  }

  #entriesOf(key: string): ServicePortEntry[] {
    const service = this.#services.get(key)
    if (!service) return []
    const endpoints = endpointsByPort(this.#slices.get(key)?.values() ?? [], this.#node)
    return servicePorts(service).map((port) =>
      this.#shaped({ port, endpoints: endpoints.get(`${port.portName}/${port.protocol}`) ?? [] }),
    )
  }
}

const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`

const serviceKeyOf = ({ metadata }: EndpointSlice): string | undefined => {
  const service = metadata.labels?.['kubernetes.io/service-name']
  return service ? `${metadata.namespace}/${service}` : undefined
}
