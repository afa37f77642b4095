import type { Service } from '@tandem/api/core/v1/types'
import { numberToIPv4 } from './cluster-ip-range.ts'
import { type Holdings, holdingsOf, type ServiceAllocator } from './service-allocator.ts'

/** Something wrong between a Service and what is allocated, in the words of upstream's events. */
export interface Finding {
  service: Service
  reason: string
  action: 'ClusterIPAllocation' | 'PortAllocation'
  message: string
}

/**
 * Compares what is allocated with the Services there are: takes what is missing, gives back what nobody has, and tells what it found.
 * `first` restores everything, in silence about what is merely not allocated yet. Does nothing while a write is under way, as its
 * numbers belong to no Service yet; the next round will.
 */
export function repair(
  allocator: ServiceAllocator,
  services: readonly Service[],
  { first }: { first: boolean },
): Finding[] {
  if (allocator.underway > 0) return []
  const findings: Finding[] = []
  const held = { ips: new Set<number>(), ports: new Set<number>() }
  for (const service of services) {
    const holdings = holdingsOf(service)
    for (const ip of holdings.ips) held.ips.add(ip)
    for (const port of holdings.ports) held.ports.add(port)
    findings.push(...check(allocator, service, holdings, { first }))
  }
  for (const [ip, holder] of [...allocator.ipClaims.entries()])
    if (!held.ips.has(ip)) allocator.ipClaims.release(ip, holder)
  for (const [port, holder] of [...allocator.portClaims.entries()])
    if (!held.ports.has(port)) allocator.portClaims.release(port, holder)
  return findings
}

function check(
  allocator: ServiceAllocator,
  service: Service,
  { ips, ports }: Holdings,
  { first }: { first: boolean },
): Finding[] {
  const { range, ports: portRange, ipClaims, portClaims } = allocator
  const missing = {
    ips: ips.filter((ip) => !ipClaims.isTaken(ip)),
    ports: ports.filter((port) => !portClaims.isTaken(port)),
  }
  const { duplicate } = allocator.restore(service)
  const findings: Finding[] = []
  const ip = (reason: string, message: string) =>
    findings.push({ service, reason, action: 'ClusterIPAllocation', message })
  const port = (reason: string, message: string) =>
    findings.push({ service, reason, action: 'PortAllocation', message })
  for (const number of ips) {
    const name = `Cluster IP [IPv4]: ${numberToIPv4(number)}`
    if (number < range.first || number > range.last)
      ip('ClusterIPOutOfRange', `${name} is not within any configured Service CIDR; please recreate service`)
    else if (duplicate.ips.includes(number))
      ip(
        'ClusterIPAlreadyAllocated',
        `Cluster IP [IPv4]:${numberToIPv4(number)} was assigned to multiple services; please recreate service`,
      )
    else if (!first && missing.ips.includes(number)) ip('ClusterIPNotAllocated', `${name} is not allocated; repairing`)
  }
  for (const number of ports) {
    if (number < portRange.first || number > portRange.last)
      port('PortOutOfRange', `Port ${number} is not within the port range ${portRange.text}; please recreate service`)
    else if (duplicate.ports.includes(number))
      port('PortAlreadyAllocated', `Port ${number} was assigned to multiple services; please recreate service`)
    else if (!first && missing.ports.includes(number))
      port('PortNotAllocated', `Port ${number} is not allocated; repairing`)
  }
  return findings
}
