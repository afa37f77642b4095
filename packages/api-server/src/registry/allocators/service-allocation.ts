import { randomUUID } from 'node:crypto'
import { events } from '@tandem/api/core/v1/event'
import { services } from '@tandem/api/core/v1/service'
import type { Event } from '@tandem/api/core/v1/types'
import type { Clock, Logger } from '@tandem/component-base'
import type { StoreRegistry } from '../registry.ts'
import { parseServiceCidr } from './cluster-ip-range.ts'
import { parseNodePortRange } from './node-port-range.ts'
import { type Finding, repair } from './repair.ts'
import { ServiceAllocator } from './service-allocator.ts'

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

/**
 * Puts the allocator around the writes of Services, restores it from those there are, and looks again every few minutes. Resolves once it
 * may serve; returns what stops it.
 */
export async function allocateForServices(options: ServiceAllocationOptions): Promise<() => void> {
  const { registry, clock, logger, repairMilliseconds = threeMinutes } = options
  const range = parseServiceCidr(options.serviceClusterIpRange)
  const allocator = new ServiceAllocator(range, parseNodePortRange(options.serviceNodePortRange ?? '30000-32767'))
  registry.hook(services, allocator)
  const round = async (first: boolean) => {
    const { entries, revision } = await registry.store(services).list()
    // A write that ended since is not in the list; the next round sees it.
    if (revision !== registry.revision() && !first) return
    const findings = repair(
      allocator,
      entries.map((entry) => entry.object()),
      { first },
    )
    for (const finding of findings) await tell(registry, finding, { clock, logger })
  }
  await round(true)
  let cancel = () => {}
  const again = () => {
    cancel = clock.after(repairMilliseconds, () => {
      round(false).catch((err) => logger.error({ err }, 'repair of service allocations failed'))
      again()
    })
  }
  again()
  return () => cancel()
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
