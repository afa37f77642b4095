import type { Service } from '@tandem/api/core/v1/types'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import type { InformerHandler } from '@tandem/client'
import type { Cancel, Clock, Logger } from '@tandem/component-base'
import type { Conntrack, HeldAddresses } from '@tandem/netfilter'
import { deleteStaleFlows } from './conntrack.ts'
import { inRanges } from './foreign-addresses.ts'
import type { ProxyMetrics } from './metrics.ts'
import type { Proxier } from './proxier.ts'
import type { ServiceHealthServer } from './server/service-health.ts'
import type { ProxyState, ServiceMap, ServicePortEntry } from './service-map.ts'
import { SyncRunner } from './sync-runner.ts'

export interface ProxyLoopOptions {
  map: ServiceMap
  proxier: Proxier
  conntrack: Conntrack
  heldAddresses: HeldAddresses
  /** Load-balancer addresses from these ranges are held on this host. */
  loadBalancerCIDRs: readonly string[]
  /** Do node ports of this cluster answer at the address? */
  answersNodePorts: (address: string) => boolean
  serviceHealth: ServiceHealthServer
  clock: Clock
  logger: Logger
  metrics: ProxyMetrics
  minSyncPeriodMs: number
  /** How often the tables are looked at, for somebody else may have flushed them. */
  syncPeriodMs: number
  /** How often everything is compared with the kernel, without any reason to. */
  fullSyncPeriodMs?: number
}

const ip_family = 'IPv4'
const annotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Keeps the kernel equal to the Services: collects changes, syncs, and looks after what others do to the tables. */
export class ProxyLoop {
  readonly #options: ProxyLoopOptions
  readonly #runner: SyncRunner
  readonly #isHeld: (address: string) => boolean
  #lastState: ReadonlySet<ServicePortEntry> = new Set()
  #held: readonly string[] | undefined
  /** When changes that wait for the next sync began, by the endpoint controller's clock. */
  #triggers: number[] = []
  #synced = false
  #lastFullSync = 0
  #lastSuccess: number
  #oldestPending: number | undefined
  #cancelWatch: Cancel = () => {}

  constructor(options: ProxyLoopOptions) {
    const { clock, minSyncPeriodMs, loadBalancerCIDRs } = options
    this.#options = options
    this.#lastSuccess = clock.now()
    this.#runner = new SyncRunner({ clock, minIntervalMs: minSyncPeriodMs, sync: () => this.#sync() })
    this.#isHeld = inRanges(loadBalancerCIDRs)
  }

  readonly services: InformerHandler<Service> = {
    added: (service) => this.#serviceChanged(() => this.#options.map.setService(service)),
    updated: (service) => this.#serviceChanged(() => this.#options.map.setService(service)),
    deleted: (service) => this.#serviceChanged(() => this.#options.map.deleteService(service)),
  }

  readonly endpointSlices: InformerHandler<EndpointSlice> = {
    added: (slice) => this.#slicesChanged(slice, () => this.#options.map.setSlice(slice)),
    updated: (slice) => this.#slicesChanged(slice, () => this.#options.map.setSlice(slice)),
    deleted: (slice) => this.#slicesChanged(slice, () => this.#options.map.deleteSlice(slice)),
  }

  /** To be called once everything has been listed: rules of half a list would refuse what the other half serves. */
  start(): void {
    this.#synced = true
    this.#request()
    this.#watchTables()
  }

  async stop(): Promise<void> {
    this.#cancelWatch()
    await this.#runner.stop()
  }

  /** When rules were last known to be right: the last success, or now if nothing waits. */
  get health(): { healthy: boolean; lastUpdated: number } {
    const { clock, syncPeriodMs } = this.#options
    const pending = this.#oldestPending
    return {
      healthy: pending === undefined || clock.now() - pending < 2 * syncPeriodMs,
      lastUpdated: this.#lastSuccess,
    }
  }

  get hasSynced(): boolean {
    return this.#lastFullSync > 0
  }

  #serviceChanged(change: () => void): void {
    change()
    this.#options.metrics.serviceChanges.inc()
    this.#request()
  }

  #slicesChanged({ metadata }: EndpointSlice, change: () => void): void {
    change()
    this.#options.metrics.endpointChanges.inc()
    const trigger = Date.parse(metadata.annotations?.[annotation] ?? '')
    if (this.#synced && trigger) this.#triggers.push(trigger)
    this.#request()
  }

  #request(): void {
    if (!this.#synced) return
    const { clock, metrics } = this.#options
    this.#oldestPending ??= clock.now()
    metrics.lastQueued.set({ ip_family }, clock.now() / 1000)
    this.#runner.request()
  }

  async #sync(): Promise<void> {
    const { map, proxier, clock, logger, metrics, serviceHealth, fullSyncPeriodMs = 3_600_000 } = this.#options
    const start = clock.monotonic()
    if (clock.now() - this.#lastFullSync > fullSyncPeriodMs) proxier.forget()
    const triggers = this.#triggers
    this.#triggers = []
    this.#oldestPending = undefined
    const state = map.state()
    try {
      const result = await proxier.sync(state)
      await this.#holdAddresses(state)
      this.#lastSuccess = clock.now()
      if (result.full) this.#lastFullSync = clock.now()
      const seconds = (clock.monotonic() - start) / 1000
      metrics.sync.observe({ ip_family }, seconds)
      ;(result.full ? metrics.fullSync : metrics.partialSync).observe({ ip_family }, seconds)
      for (const trigger of triggers) metrics.networkProgramming.observe({ ip_family }, (clock.now() - trigger) / 1000)
      metrics.lastSync.set({ ip_family }, clock.now() / 1000)
      for (const [table, count] of Object.entries(result.totalRules)) metrics.rules.set({ table, ip_family }, count)
      for (const [table, count] of Object.entries(result.writtenRules))
        metrics.rulesLastSync.set({ table, ip_family }, count)
      for (const traffic_policy of ['internal', 'external'] as const) {
        metrics.withoutLocalEndpoints.set({ traffic_policy, ip_family }, result.withoutLocalEndpoints[traffic_policy])
      }
      logger.debug(
        { services: state.length, seconds, written: result.writtenRules, full: result.full },
        'synced proxy rules',
      )
    } catch (error) {
      metrics.restoreFailures.inc({ ip_family })
      logger.error({ error }, 'failed to sync proxy rules; retrying')
      this.#oldestPending ??= clock.now()
      throw error
    }
    serviceHealth.update(state)
    await this.#cleanConntrack(state)
  }

  async #holdAddresses(state: ProxyState): Promise<void> {
    const wanted = [...new Set(state.flatMap(({ port }) => port.loadBalancerIPs))].filter(this.#isHeld).sort()
    if (this.#held && wanted.join() === this.#held.join()) return
    this.#held = undefined
    await this.#options.heldAddresses.hold(wanted)
    this.#held = wanted
  }

  /** Only when a UDP port or its endpoints changed: the kernel's list can be long. A failure here costs a client's flow, not the rules. */
  async #cleanConntrack(state: ProxyState): Promise<void> {
    const { conntrack, answersNodePorts, clock, metrics, logger } = this.#options
    const changed = state.some((entry) => entry.port.protocol === 'udp' && !this.#lastState.has(entry))
    this.#lastState = new Set(state)
    if (!changed) return
    const start = clock.monotonic()
    try {
      metrics.conntrackDeleted.inc({ ip_family }, await deleteStaleFlows(conntrack, state, answersNodePorts))
      metrics.conntrackSync.observe({ ip_family }, (clock.monotonic() - start) / 1000)
    } catch (error) {
      logger.warn({ error }, 'failed to clean up conntrack entries')
    }
  }

  #watchTables(): void {
    const { clock, proxier, logger, syncPeriodMs } = this.#options
    this.#cancelWatch = clock.after(syncPeriodMs, async () => {
      try {
        if (this.#lastFullSync > 0 && !(await proxier.intact())) {
          logger.info({}, 'rules were removed by somebody else; writing them again')
          proxier.forget()
          this.#held = undefined
          this.#request()
        } else if (clock.now() - this.#lastFullSync > (this.#options.fullSyncPeriodMs ?? 3_600_000)) this.#request()
      } catch (error) {
        logger.warn({ error }, 'tables could not be looked at')
      }
      this.#watchTables()
    })
  }
}
