import { randomUUID } from 'node:crypto'
import { events } from '@tandem/api/core/v1/event'
import { services } from '@tandem/api/core/v1/service'
import type { Event, Service } from '@tandem/api/core/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { StoreRegistry } from '../registry.ts'
import { AddressClaims } from './address-claims.ts'
import { parseServiceCidr } from './cluster-ip-range.ts'
import { parseNodePortRange } from './node-port-range.ts'
import { PortClaims } from './port-claims.ts'
import { examine, type Finding } from './repair.ts'
import { ServiceAllocator } from './service-allocator.ts'
import { UnusedClaims } from './unused-claims.ts'

export interface ServiceAllocationOptions {
  registry: StoreRegistry
  serviceClusterIpRange: string
  serviceNodePortRange?: string | undefined
  clock: Clock
  logger: Logger
  /** Upstream's three minutes unless given. */
  repairMilliseconds?: number
}

const threeMinutes = 180_000
// As upstream: a claim that no Service has for so long is a crash's.
const roundsUnused = 3

/**
 * Puts the allocator around the writes of Services, makes claims and Services agree, and looks again every few minutes. Resolves once it
 * may serve; returns what stops it.
 */
export async function allocateForServices(options: ServiceAllocationOptions): Promise<() => void> {
  const { registry, clock, logger, repairMilliseconds = threeMinutes } = options
  const range = parseServiceCidr(options.serviceClusterIpRange)
  const ports = parseNodePortRange(options.serviceNodePortRange ?? '30000-32767')
  const claims = { ips: new AddressClaims(registry), ports: new PortClaims(registry, ports) }
  const onError = (err: unknown) => logger.warn({ err }, 'a number of a Service was not given back')
  registry.hook(services, new ServiceAllocator({ range, ports, claims, onError }))
  const unused = { ips: new UnusedClaims(roundsUnused), ports: new UnusedClaims(roundsUnused) }

  const round = async ({ first }: { first: boolean }) => {
    const { entries } = await registry.store(services).list()
    const claimed = { ips: await claims.ips.holders(), ports: await claims.ports.taken() }
    const found = examine(
      entries.map((entry) => entry.object()),
      claimed,
      { range, ports, first },
    )
    for (const { ip, service } of found.missing.ips) {
      if (!(await stillHas(registry, service))) continue
      if (claimed.ips.has(ip)) await claims.ips.release(ip)
      await claims.ips.claim(ip, { namespace: service.metadata.namespace ?? '', name: service.metadata.name })
    }
    for (const { port, service } of found.missing.ports)
      if (await stillHas(registry, service)) await claims.ports.claim(port)
    // Nobody else can have claimed anything in a store that was opened just now and is this process's alone.
    const given =
      first && registry.exclusive
        ? found.unused
        : { ips: unused.ips.round(found.unused.ips), ports: unused.ports.round(found.unused.ports) }
    for (const ip of given.ips) await claims.ips.release(ip)
    for (const port of given.ports) await claims.ports.release(port)
    for (const finding of found.findings) await tell(registry, finding, { clock, logger })
  }
  await round({ first: true })
  let cancel = () => {}
  const again = () => {
    cancel = clock.after(repairMilliseconds, () => {
      round({ first: false }).catch((err) => logger.error({ err }, 'repair of service allocations failed'))
      again()
    })
  }
  again()
  return () => cancel()
}

/** The Services were read before the claims: one that went in between has given back what it had. */
async function stillHas(registry: StoreRegistry, { metadata }: Service): Promise<boolean> {
  const { namespace, name, uid, resourceVersion } = metadata
  try {
    const { metadata: now } = (await registry.store(services).get({ namespace, name })).object()
    return now.uid === uid && now.resourceVersion === resourceVersion
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function tell(
  registry: StoreRegistry,
  { service, reason, action, message }: Finding,
  { clock, logger }: Pick<ServiceAllocationOptions, 'clock' | 'logger'>,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = service.metadata
  logger.warn({ service: `${namespace}/${name}`, reason }, message)
  const event: Event = {
    metadata: { name: `${name}.${randomUUID()}`, namespace } as Event['metadata'],
    involvedObject: { apiVersion: 'v1', kind: 'Service', namespace, name, uid, resourceVersion },
    type: 'Warning',
    reason,
    action,
    message,
    eventTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    reportingComponent:
      action === 'PortAllocation' ? 'portallocator-repair-controller' : 'ipallocator-repair-controller',
    reportingInstance: 'kube-apiserver',
    source: {},
  }
  await registry
    .store(events)
    .create(event, { namespace })
    .catch((err) => logger.warn({ err }, 'event not written'))
}
