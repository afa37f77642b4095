import type { ResourceQuota } from '@tandem/api/core/v1/types'
import { equalJson, internalError } from '@tandem/apimachinery'
import type { AdmissionRequest } from '../admission.ts'
import { checkQuotas, type QuotaCheck, withUsed } from './check.ts'

const tries = 4

interface Waiter {
  request: AdmissionRequest
  check: QuotaCheck
  resolve(): void
  reject(error: unknown): void
}

export interface QuotaAccess {
  list(namespace: string): Promise<readonly ResourceQuota[]>
  /** Writes the status if the quota is still at the version given; throws if it is not. */
  write(quota: ResourceQuota): Promise<void>
}

/**
 * Charges quotas for writes. Those of one namespace that wait at the same time are charged in one write of each quota; how many there are,
 * they never race each other.
 */
export class QuotaCharges {
  readonly #access: QuotaAccess
  readonly #waiting = new Map<string, Waiter[]>()

  constructor(access: QuotaAccess) {
    this.#access = access
  }

  charge(request: AdmissionRequest, check: QuotaCheck): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { request, check, resolve, reject }
      const waiting = this.#waiting.get(request.namespace)
      if (waiting) {
        waiting.push(waiter)
        return
      }
      this.#waiting.set(request.namespace, [waiter])
      void this.#work(request.namespace)
    })
  }

  async #work(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(namespace) ?? []
      if (batch.length === 0) break
      this.#waiting.set(namespace, [])
      await this.#decide(namespace, batch)
    }
    this.#waiting.delete(namespace)
  }

  async #decide(namespace: string, batch: readonly Waiter[]): Promise<void> {
    const open = new Set(batch)
    const settle = (waiter: Waiter, error?: unknown) => {
      if (error === undefined) waiter.resolve()
      else waiter.reject(error)
      open.delete(waiter)
    }
    try {
      let quotas = await this.#access.list(namespace)
      if (quotas.length === 0) for (const waiter of [...open]) if (waiter.check.limited.length === 0) settle(waiter)
      for (let left = tries; open.size > 0; left--) {
        const { failed, error } = await this.#write(quotas, this.#chargeAll(quotas, open, settle))
        if (failed.size === 0) break
        if (left === 1) throw error
        // The others are charged already: only those that somebody else wrote meanwhile are asked again.
        quotas = (await this.#access.list(namespace)).filter(({ metadata }) => failed.has(metadata.name))
      }
      for (const waiter of open) settle(waiter)
    } catch (error) {
      for (const waiter of open) settle(waiter, error ?? internalError('resource quota evaluation failed'))
    }
  }

  /** Those who use nothing are let go at once, those who use too much refused; the rest wait until it is written. */
  #chargeAll(
    quotas: readonly ResourceQuota[],
    open: ReadonlySet<Waiter>,
    settle: (waiter: Waiter, error?: unknown) => void,
  ): readonly ResourceQuota[] {
    let running = quotas
    for (const waiter of [...open]) {
      try {
        const charged = checkQuotas(waiter.request, running, waiter.check)
        if (charged.size === 0 || waiter.request.dryRun) {
          settle(waiter)
          continue
        }
        running = running.map((quota) => {
          const used = charged.get(quota)
          return used ? withUsed(quota, used) : quota
        })
      } catch (error) {
        settle(waiter, error)
      }
    }
    return running
  }

  async #write(
    before: readonly ResourceQuota[],
    after: readonly ResourceQuota[],
  ): Promise<{ failed: ReadonlySet<string>; error: unknown }> {
    const failed = new Set<string>()
    let error: unknown
    await Promise.all(
      after.map(async (quota, index) => {
        if (equalJson(quota.status?.used, before[index]?.status?.used)) return
        try {
          await this.#access.write(quota)
        } catch (cause) {
          failed.add(quota.metadata.name)
          error = cause
        }
      }),
    )
    return { failed, error }
  }
}
