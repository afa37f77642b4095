import type { Service } from '@tandem/api/core/v1/types'
import type { Holder } from './claims.ts'
import { type ClusterIPRange, numberToIPv4 } from './cluster-ip-range.ts'
import type { NodePortRange } from './node-port-range.ts'
import { holdingsOf } from './service-allocator.ts'

/** Something wrong between a Service and what is claimed, in the words of upstream's events. */
export interface Finding {
  service: Service
  reason: string
  action: 'ClusterIPAllocation' | 'PortAllocation'
  message: string
}

/** What is claimed, as it was found. */
export interface Claimed {
  ips: ReadonlyMap<number, Holder>
  ports: ReadonlySet<number>
}

/** What is to be done so that claims and Services agree. */
export interface Repair {
  findings: Finding[]
  /** Numbers of Services that have no claim, or one in the name of another. */
  missing: { ips: { ip: number; service: Service }[]; ports: { port: number; service: Service }[] }
  /** Claims of numbers that no Service has: left behind by a crash, or made for a write that is under way. */
  unused: { ips: number[]; ports: number[] }
}

export interface RepairOptions {
  range: ClusterIPRange
  ports: NodePortRange
  /** At the first look nothing is said of what is merely not claimed yet. */
  first: boolean
}

/** Compares the Services there are with what is claimed. */
export function examine(services: readonly Service[], claimed: Claimed, options: RepairOptions): Repair {
  const examination = new Examination(claimed, options)
  for (const service of services) examination.see(service)
  return examination.result()
}

class Examination {
  readonly #claimed: Claimed
  readonly #options: RepairOptions
  readonly #seen = { ips: new Set<number>(), ports: new Set<number>() }
  readonly #findings: Finding[] = []
  readonly #missing: Repair['missing'] = { ips: [], ports: [] }

  constructor(claimed: Claimed, options: RepairOptions) {
    this.#claimed = claimed
    this.#options = options
  }

  see(service: Service): void {
    const { ips, ports } = holdingsOf(service)
    for (const ip of ips) this.#seeAddress(service, ip)
    for (const port of ports) this.#seePort(service, port)
  }

  result(): Repair {
    const { ips, ports } = this.#seen
    const unused = {
      ips: [...this.#claimed.ips.keys()].filter((ip) => !ips.has(ip)),
      ports: [...this.#claimed.ports].filter((port) => !ports.has(port)),
    }
    return { findings: this.#findings, missing: this.#missing, unused }
  }

  #seeAddress(service: Service, ip: number): void {
    const { range, first } = this.#options
    const name = `Cluster IP [IPv4]: ${numberToIPv4(ip)}`
    const tell = (reason: string, message: string) =>
      this.#findings.push({ service, reason, action: 'ClusterIPAllocation', message })
    if (ip < range.first || ip > range.last)
      tell('ClusterIPOutOfRange', `${name} is not within any configured Service CIDR; please recreate service`)
    else if (this.#seen.ips.has(ip))
      tell(
        'ClusterIPAlreadyAllocated',
        `Cluster IP [IPv4]:${numberToIPv4(ip)} was assigned to multiple services; please recreate service`,
      )
    else {
      this.#seen.ips.add(ip)
      if (isHolder(this.#claimed.ips.get(ip), service)) return
      this.#missing.ips.push({ ip, service })
      if (!first) tell('ClusterIPNotAllocated', `${name} is not allocated; repairing`)
    }
  }

  #seePort(service: Service, port: number): void {
    const { ports, first } = this.#options
    const tell = (reason: string, message: string) =>
      this.#findings.push({ service, reason, action: 'PortAllocation', message })
    if (port < ports.first || port > ports.last)
      tell('PortOutOfRange', `Port ${port} is not within the port range ${ports.text}; please recreate service`)
    else if (this.#seen.ports.has(port))
      tell('PortAlreadyAllocated', `Port ${port} was assigned to multiple services; please recreate service`)
    else {
      this.#seen.ports.add(port)
      if (this.#claimed.ports.has(port)) return
      this.#missing.ports.push({ port, service })
      if (!first) tell('PortNotAllocated', `Port ${port} is not allocated; repairing`)
    }
  }
}

const isHolder = (holder: Holder | undefined, { metadata }: Service): boolean =>
  holder?.name === metadata.name && holder.namespace === metadata.namespace
