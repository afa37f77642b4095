import { needsNodePort } from '@tandem/api/core/v1/service/cluster-ips'
import { needsHealthCheck } from '@tandem/api/core/v1/service-port'
import type { Service, ServicePort } from '@tandem/api/core/v1/types'
import { type FieldError, internalError, invalid, invalidValue } from '@tandem/apimachinery'
import type { Reservation, StoreHooks } from '../hooks.ts'
import { type Claims, claimFree, type Holder, withoutClaiming } from './claims.ts'
import { type ClusterIPRange, ipv4ToNumber, numberToIPv4 } from './cluster-ip-range.ts'
import type { NodePortRange } from './node-port-range.ts'

export interface AllocatorClaims {
  ips: Claims
  ports: Claims
}

export interface ServiceAllocatorOptions {
  range: ClusterIPRange
  ports: NodePortRange
  claims: AllocatorClaims
  /** Told of numbers that could not be given back. */
  onError(error: unknown): void
}

/** Numbers that one Service holds. */
export interface Holdings {
  ips: readonly number[]
  ports: readonly number[]
}

/**
 * Gives Services their addresses and node ports. A number is claimed before the Service is written, where every server over the same
 * store sees it, and given back when the write fails or the Service goes.
 */
export class ServiceAllocator implements StoreHooks<Service> {
  readonly range: ClusterIPRange
  readonly ports: NodePortRange
  readonly #claims: AllocatorClaims
  readonly #onError: (error: unknown) => void

  constructor({ range, ports, claims, onError }: ServiceAllocatorOptions) {
    this.range = range
    this.ports = ports
    this.#claims = claims
    this.#onError = onError
  }

  beginCreate(service: Service, options: { dryRun: boolean }): Promise<Reservation> {
    return this.#begin(service, undefined, options)
  }

  beginUpdate(service: Service, old: Service, options: { dryRun: boolean }): Promise<Reservation> {
    return this.#begin(service, old, options)
  }

  afterDelete(service: Service): Promise<void> {
    return this.#release(holdingsOf(service))
  }

  async #begin(service: Service, old: Service | undefined, { dryRun }: { dryRun: boolean }): Promise<Reservation> {
    const { ips, ports } = this.#claims
    const claims = dryRun ? { ips: withoutClaiming(ips), ports: withoutClaiming(ports) } : this.#claims
    const allocation = new Allocation({ range: this.range, ports: this.ports, claims }, service, old)
    const release = (holdings: Holdings) => (dryRun ? Promise.resolve() : this.#release(holdings))
    try {
      await allocation.allocate()
    } catch (error) {
      await release(allocation.taken)
      throw error
    }
    let isOpen = true
    const end = async (released: Holdings) => {
      if (!isOpen) return
      isOpen = false
      await release(released)
    }
    return { commit: () => end(allocation.dropped()), revert: () => end(allocation.taken) }
  }

  /** What cannot be given back now is left to the repair: the write itself is done. */
  async #release({ ips, ports }: Holdings): Promise<void> {
    const releases = [
      ...ips.map((ip) => this.#claims.ips.release(ip)),
      ...ports.map((port) => this.#claims.ports.release(port)),
    ]
    for (const result of await Promise.allSettled(releases))
      if (result.status === 'rejected') this.#onError(result.reason)
  }
}

const isNone = ({ spec }: Service): boolean => spec.clusterIPs?.[0] === 'None'

export function holdingsOf(service: Service): Holdings {
  const { spec } = service
  const hasIPs = spec.type !== 'ExternalName' && !isNone(service)
  const ips = (hasIPs ? (spec.clusterIPs ?? []) : []).map(ipv4ToNumber).filter((ip) => ip !== undefined)
  const ports = (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
  if (needsHealthCheck(service)) ports.push(spec.healthCheckNodePort ?? 0)
  return { ips, ports: [...new Set(ports.filter((port) => port > 0))] }
}

/** One Service's way to its numbers, on a copy that is its own to fill in. */
class Allocation {
  readonly taken: { ips: number[]; ports: number[] } = { ips: [], ports: [] }
  readonly #from: Pick<ServiceAllocatorOptions, 'range' | 'ports' | 'claims'>
  readonly #service: Service
  readonly #before: Holdings

  constructor(
    from: Pick<ServiceAllocatorOptions, 'range' | 'ports' | 'claims'>,
    service: Service,
    old: Service | undefined,
  ) {
    this.#from = from
    this.#service = service
    this.#before = old ? holdingsOf(old) : { ips: [], ports: [] }
  }

  async allocate(): Promise<void> {
    const { spec } = this.#service
    if (spec.type !== 'ExternalName' && !isNone(this.#service)) await this.#allocateIPs()
    if (needsNodePort(this.#service)) await this.#allocateNodePorts()
    if (needsHealthCheck(this.#service)) await this.#allocateHealthCheckPort()
  }

  /** What the Service had before and has no more. */
  dropped(): Holdings {
    const after = holdingsOf(this.#service)
    return {
      ips: this.#before.ips.filter((ip) => !after.ips.includes(ip)),
      ports: this.#before.ports.filter((port) => !after.ports.includes(port)),
    }
  }

  async #allocateIPs(): Promise<void> {
    const { spec } = this.#service
    const ips = [...(spec.clusterIPs ?? [])]
    for (const [i, family] of (spec.ipFamilies ?? ['IPv4']).entries()) {
      if (family !== 'IPv4') continue
      const asked = ips[i]
      if (!asked) ips[i] = numberToIPv4(await this.#nextIP())
      else await this.#claimIP(asked)
    }
    spec.clusterIPs = ips
    spec.clusterIP = ips[0] ?? ''
  }

  async #nextIP(): Promise<number> {
    const { range, claims } = this.#from
    const ip = await claimFree(claims.ips, range, { holder: this.#holder })
    if (ip === undefined)
      throw internalError(
        `failed to allocate a serviceIP for Service ${JSON.stringify(this.#service.metadata.name)}: range is full`,
      )
    this.taken.ips.push(ip)
    return ip
  }

  async #claimIP(text: string): Promise<void> {
    const { range, claims } = this.#from
    const ip = ipv4ToNumber(text)
    // What is no address is for validation to refuse.
    if (ip === undefined || this.#before.ips.includes(ip)) return
    const refuse = (why: string) => {
      const detail = `failed to allocate IP ${text}: ${why}`
      throw this.#invalid([invalidValue('spec.clusterIPs', this.#service.spec.clusterIPs, detail)])
    }
    if (ip < range.first || ip > range.last)
      refuse(`the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range.cidr}`)
    if (!(await claims.ips.claim(ip, this.#holder))) refuse('provided IP is already allocated')
    this.taken.ips.push(ip)
  }

  async #allocateNodePorts(): Promise<void> {
    const { spec } = this.#service
    const allocates = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false
    const ports = spec.ports ?? []
    // The same port over another protocol shares the number.
    const byPort = new Map<number, number>()
    for (const { port, nodePort } of ports) if (nodePort && !byPort.has(port)) byPort.set(port, nodePort)
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort && !allocates) continue
      if (port.nodePort) await this.#claimNodePort(port, i)
      else {
        port.nodePort = byPort.get(port.port) ?? (await this.#nextPort('failed to allocate a nodePort'))
        byPort.set(port.port, port.nodePort)
      }
    }
  }

  async #claimNodePort({ nodePort = 0 }: ServicePort, index: number): Promise<void> {
    const fault = await this.#claimPort(nodePort)
    if (fault) throw this.#invalid([invalidValue(`spec.ports[${index}].nodePort`, nodePort, fault)])
  }

  async #allocateHealthCheckPort(): Promise<void> {
    const { spec } = this.#service
    const asked = spec.healthCheckNodePort
    if (!asked) spec.healthCheckNodePort = await this.#nextPort('failed to allocate a HealthCheck NodePort 0')
    else {
      const fault = await this.#claimPort(asked)
      if (fault) throw this.#invalid([invalidValue('spec.healthCheckNodePort', asked, fault)])
    }
  }

  async #nextPort(failure: string): Promise<number> {
    const { ports, claims } = this.#from
    // A number that another port of this Service asks for is not free either.
    const except = new Set((this.#service.spec.ports ?? []).map(({ nodePort }) => nodePort))
    const port = await claimFree(claims.ports, ports, { holder: this.#holder, except })
    if (port === undefined) throw internalError(`${failure}: range is full`)
    this.taken.ports.push(port)
    return port
  }

  async #claimPort(port: number): Promise<string | undefined> {
    const { ports, claims } = this.#from
    if (this.#before.ports.includes(port) || this.taken.ports.includes(port)) return undefined
    if (port < ports.first || port > ports.last)
      return `provided port is not in the valid range. The range of valid ports is ${ports.text}`
    if (!(await claims.ports.claim(port, this.#holder))) return 'provided port is already allocated'
    this.taken.ports.push(port)
    return undefined
  }

  get #holder(): Holder {
    const { namespace = '', name } = this.#service.metadata
    return { namespace, name }
  }

  #invalid(errors: FieldError[]) {
    return invalid({ group: '', kind: 'Service' }, this.#service.metadata.name, errors)
  }
}
