import { leases } from '@tandem/api/coordination/v1/lease'
import type { Lease, LeaseSpec } from '@tandem/api/coordination/v1/types'
import { isNotFound, type ObjectKey } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Client } from '../client.ts'

export interface LeaderElectionOptions {
  client: Client
  clock: Clock
  logger: Logger
  lease: ObjectKey
  /** Unique among the candidates: host name and a random part. */
  identity: string
  leaseDurationMs?: number
  renewDeadlineMs?: number
  retryPeriodMs?: number
  signal: AbortSignal
  /** Runs while we lead; its signal aborts when we no longer do. */
  lead(signal: AbortSignal): Promise<void>
  onNewLeader?(identity: string): void
}

/** The lease could not be renewed in time: somebody else may lead now, so whatever was done as leader must stop. */
export class LeadershipLostError extends Error {
  readonly code = 'LEADERSHIP_LOST'
}

/**
 * Waits for the lease, then leads until the signal aborts (the lease is given back, so that the next need not wait it out), until
 * `lead` ends, or until it cannot be renewed: then it throws LeadershipLostError. Times are upstream's: 15 s, 10 s, 2 s.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const candidate = new Candidate(options)
  const { clock, signal, retryPeriodMs = 2_000, renewDeadlineMs = 10_000 } = options
  while (!(await candidate.tryAcquireOrRenew())) {
    if (signal.aborted) return
    await clock.sleep(retryPeriodMs * (1 + Math.random() * 0.2), signal).catch(() => undefined)
    if (signal.aborted) return
  }
  const leading = new AbortController()
  const stop = () => leading.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const work = options.lead(leading.signal).finally(() => leading.abort())
  // Awaited below, after the renewal under way has ended.
  work.catch(() => undefined)
  try {
    await candidate.renewUntil(leading.signal, { retryPeriodMs, renewDeadlineMs })
  } finally {
    leading.abort()
    signal.removeEventListener('abort', stop)
    await work
  }
  await candidate.release()
}

class Candidate {
  readonly #options: LeaderElectionOptions
  readonly #durationMs: number
  #observed: Lease | undefined
  /** When, by our clock, the holder last renewed: clocks of other machines are not compared with ours. */
  #observedAt = Number.NEGATIVE_INFINITY

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#durationMs = options.leaseDurationMs ?? 15_000
  }

  async tryAcquireOrRenew(): Promise<boolean> {
    try {
      return await this.#attempt()
    } catch (error) {
      this.#options.logger.warn({ error, lease: this.#options.lease }, 'lease could not be acquired or renewed')
      return false
    }
  }

  async renewUntil(signal: AbortSignal, times: { retryPeriodMs: number; renewDeadlineMs: number }): Promise<void> {
    const { clock } = this.#options
    let renewedAt = clock.monotonic()
    for (;;) {
      await clock.sleep(times.retryPeriodMs, signal).catch(() => undefined)
      if (signal.aborted) return
      if (await this.tryAcquireOrRenew()) renewedAt = clock.monotonic()
      else if (clock.monotonic() - renewedAt >= times.renewDeadlineMs) {
        throw new LeadershipLostError('leader election lost')
      }
    }
  }

  async release(): Promise<void> {
    const { client, identity, lease, renewDeadlineMs = 10_000 } = this.#options
    const held = this.#observed
    if (held?.spec?.holderIdentity !== identity) return
    const now = this.#timestamp()
    const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
    await client
      .update(leases, { ...held, spec }, { signal: AbortSignal.timeout(renewDeadlineMs / 2) })
      .catch((error: unknown) => this.#options.logger.warn({ error, lease }, 'lease could not be released'))
  }

  async #attempt(): Promise<boolean> {
    const { client, identity, lease, renewDeadlineMs = 10_000 } = this.#options
    // A server that does not answer must not keep us in the belief that we lead.
    const signal = AbortSignal.timeout(renewDeadlineMs / 2)
    const current = await client.get(leases, lease, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (!current) {
      const created = await client.create(leases, { metadata: lease, spec: this.#spec(undefined) }, { signal })
      this.#observe(created)
      return true
    }
    if (current.metadata.resourceVersion !== this.#observed?.metadata.resourceVersion) this.#observe(current)
    const holder = current.spec?.holderIdentity
    const isFree = !holder || holder === identity || this.#expired(current)
    if (!isFree) return false
    this.#observe(await client.update(leases, { ...current, spec: this.#spec(current.spec) }, { signal }))
    return true
  }

  #expired({ spec }: Lease): boolean {
    const durationMs = (spec?.leaseDurationSeconds ?? this.#durationMs / 1000) * 1000
    return this.#observedAt + durationMs < this.#options.clock.monotonic()
  }

  #observe(lease: Lease): void {
    const before = this.#observed?.spec?.holderIdentity
    this.#observed = lease
    this.#observedAt = this.#options.clock.monotonic()
    const holder = lease.spec?.holderIdentity
    if (holder && holder !== before) this.#options.onNewLeader?.(holder)
  }

  #spec(before: LeaseSpec | undefined): LeaseSpec {
    const { identity } = this.#options
    const now = this.#timestamp()
    const isOurs = before?.holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      acquireTime: isOurs ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (before && !isOurs ? 1 : 0),
    }
  }

  /** MicroTime. */
  #timestamp(): string {
    return new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z')
  }
}
