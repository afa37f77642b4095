import { needsNodePort } from '@tandem/api/core/v1/service/cluster-ips'
import { needsHealthCheck } from '@tandem/api/core/v1/service-port'
import type { Service, ServicePort } from '@tandem/api/core/v1/types'
import { type FieldError, internalError, invalid, invalidValue } from '@tandem/apimachinery'
import type { Reservation, StoreHooks } from '../hooks.ts'
import { Claims } from './claims.ts'
import { type ClusterIPRange, ipv4ToNumber, numberToIPv4 } from './cluster-ip-range.ts'
import type { NodePortRange } from './node-port-range.ts'
import { findFree } from './range.ts'

/** Numbers that one Service holds. */
export interface Holdings {
  ips: readonly number[]
  ports: readonly number[]
}

/**
 * Gives Services their addresses and node ports. What is taken is known in memory alone, from the Services themselves: one process owns
 * the store, it reads all of them before it serves, and every write of one passes here. A crash can so neither leak a number nor give
 * one out twice: what was reserved for a write that did not happen is forgotten with the process.
 */
export class ServiceAllocator implements StoreHooks<Service> {
  readonly range: ClusterIPRange
  readonly ports: NodePortRange
  readonly ipClaims = new Claims()
  readonly portClaims = new Claims()
  /** Writes between their reservation and their end. */
  underway = 0

  constructor(range: ClusterIPRange, ports: NodePortRange) {
    this.range = range
    this.ports = ports
  }

  beginCreate(service: Service, options: { dryRun: boolean }): Reservation {
    return this.#begin(service, undefined, options)
  }

  beginUpdate(service: Service, old: Service, options: { dryRun: boolean }): Reservation {
    return this.#begin(service, old, options)
  }

  afterDelete(service: Service): void {
    this.#release(holdingsOf(service), holderOf(service))
  }

  /** Takes the numbers a stored Service has; returns those that it cannot have. */
  restore(service: Service): { duplicate: Holdings } {
    const holder = holderOf(service)
    const { ips, ports } = holdingsOf(service)
    return {
      duplicate: {
        ips: ips.filter((ip) => !this.ipClaims.claim(ip, holder)),
        ports: ports.filter((port) => !this.portClaims.claim(port, holder)),
      },
    }
  }

  #begin(service: Service, old: Service | undefined, { dryRun }: { dryRun: boolean }): Reservation {
    const allocation = new Allocation(this, service, old)
    try {
      allocation.allocate()
    } catch (error) {
      this.#release(allocation.taken, allocation.holder)
      throw error
    }
    if (dryRun) {
      this.#release(allocation.taken, allocation.holder)
      return { commit() {}, revert() {} }
    }
    this.underway++
    let open = true
    const end = (released: Holdings) => {
      if (!open) return
      open = false
      this.underway--
      this.#release(released, allocation.holder)
    }
    return { commit: () => end(allocation.dropped()), revert: () => end(allocation.taken) }
  }

  #release({ ips, ports }: Holdings, holder: string): void {
    for (const ip of ips) this.ipClaims.release(ip, holder)
    for (const port of ports) this.portClaims.release(port, holder)
  }
}

export const holderOf = ({ metadata }: Service): string => metadata.uid

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
  readonly holder: string
  readonly taken: { ips: number[]; ports: number[] } = { ips: [], ports: [] }
  readonly #allocator: ServiceAllocator
  readonly #service: Service
  readonly #before: Holdings

  constructor(allocator: ServiceAllocator, service: Service, old: Service | undefined) {
    this.#allocator = allocator
    this.#service = service
    this.#before = old ? holdingsOf(old) : { ips: [], ports: [] }
    this.holder = holderOf(old ?? service)
  }

  allocate(): void {
    const { spec } = this.#service
    if (spec.type !== 'ExternalName' && !isNone(this.#service)) this.#allocateIPs()
    if (needsNodePort(this.#service)) this.#allocateNodePorts()
    if (needsHealthCheck(this.#service)) this.#allocateHealthCheckPort()
  }

  /** What the Service had before and has no more. */
  dropped(): Holdings {
    const after = holdingsOf(this.#service)
    return {
      ips: this.#before.ips.filter((ip) => !after.ips.includes(ip)),
      ports: this.#before.ports.filter((port) => !after.ports.includes(port)),
    }
  }

  #allocateIPs(): void {
    const { spec } = this.#service
    const ips = [...(spec.clusterIPs ?? [])]
    for (const [i, family] of (spec.ipFamilies ?? ['IPv4']).entries()) {
      if (family !== 'IPv4') continue
      const asked = ips[i]
      if (!asked) ips[i] = numberToIPv4(this.#nextIP())
      else this.#claimIP(asked)
    }
    spec.clusterIPs = ips
    spec.clusterIP = ips[0] ?? ''
  }

  #nextIP(): number {
    const { range, ipClaims } = this.#allocator
    const ip = findFree(range, ipClaims.isTaken)
    if (ip === undefined)
      throw internalError(
        `failed to allocate a serviceIP for Service ${JSON.stringify(this.#service.metadata.name)}: range is full`,
      )
    ipClaims.claim(ip, this.holder)
    this.taken.ips.push(ip)
    return ip
  }

  #claimIP(text: string): void {
    const { range, ipClaims } = this.#allocator
    const ip = ipv4ToNumber(text)
    // What is no address is for validation to refuse.
    if (ip === undefined || this.#before.ips.includes(ip)) return
    const refuse = (why: string) => {
      const detail = `failed to allocate IP ${text}: ${why}`
      throw this.#invalid([invalidValue('spec.clusterIPs', this.#service.spec.clusterIPs, detail)])
    }
    if (ip < range.first || ip > range.last)
      refuse(`the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range.cidr}`)
    if (ipClaims.isTaken(ip)) refuse('provided IP is already allocated')
    ipClaims.claim(ip, this.holder)
    this.taken.ips.push(ip)
  }

  #allocateNodePorts(): void {
    const { spec } = this.#service
    const allocates = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false
    const ports = spec.ports ?? []
    // The same port over another protocol shares the number.
    const byPort = new Map<number, number>()
    for (const { port, nodePort } of ports) if (nodePort && !byPort.has(port)) byPort.set(port, nodePort)
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort && !allocates) continue
      if (port.nodePort) this.#claimNodePort(port, i)
      else {
        port.nodePort = byPort.get(port.port) ?? this.#nextPort('failed to allocate a nodePort')
        byPort.set(port.port, port.nodePort)
      }
    }
  }

  #claimNodePort({ nodePort = 0 }: ServicePort, index: number): void {
    const fault = this.#claimPort(nodePort)
    if (fault) throw this.#invalid([invalidValue(`spec.ports[${index}].nodePort`, nodePort, fault)])
  }

  #allocateHealthCheckPort(): void {
    const { spec } = this.#service
    const asked = spec.healthCheckNodePort
    if (!asked) spec.healthCheckNodePort = this.#nextPort('failed to allocate a HealthCheck NodePort 0')
    else {
      const fault = this.#claimPort(asked)
      if (fault) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${fault}`)
    }
  }

  #nextPort(failure: string): number {
    const { ports, portClaims } = this.#allocator
    // A number that another port of this Service asks for is not free either.
    const own = new Set((this.#service.spec.ports ?? []).map(({ nodePort }) => nodePort))
    const port = findFree(ports, (n) => portClaims.isTaken(n) || own.has(n))
    if (port === undefined) throw internalError(`${failure}: range is full`)
    portClaims.claim(port, this.holder)
    this.taken.ports.push(port)
    return port
  }

  #claimPort(port: number): string | undefined {
    const { ports, portClaims } = this.#allocator
    if (this.#before.ports.includes(port) || this.taken.ports.includes(port)) return undefined
    if (port < ports.first || port > ports.last)
      return `provided port is not in the valid range. The range of valid ports is ${ports.text}`
    if (portClaims.isTaken(port)) return 'provided port is already allocated'
    portClaims.claim(port, this.holder)
    this.taken.ports.push(port)
    return undefined
  }

  #invalid(errors: FieldError[]) {
    return invalid({ group: '', kind: 'Service' }, this.#service.metadata.name, errors)
  }
}
