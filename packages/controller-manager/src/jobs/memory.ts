import type { Job } from '@tandem/api/batch/v1/types'
import type { Clock } from '@tandem/component-base'
import { Expectations } from '@tandem/controller-runtime'
import { type FailureRecord, noFailures } from './backoff.ts'

/** What the controller remembers of its jobs, by key, beside what their objects say. */
export class JobMemory {
  readonly expectations: Expectations
  readonly #records = new Map<string, FailureRecord>()
  readonly #released = new Map<string, Set<string>>()
  readonly #written = new Map<string, number>()

  constructor(clock: Clock) {
    this.expectations = new Expectations(clock)
  }

  record(key: string): FailureRecord {
    return this.#records.get(key) ?? noFailures
  }

  setRecord(key: string, record: FailureRecord): void {
    this.#records.set(key, record)
  }

  /** Pods whose finalizer we took, as long as the cache does not show it. */
  released(key: string): ReadonlySet<string> {
    return this.#released.get(key) ?? new Set()
  }

  release(key: string, uid: string): void {
    const released = this.#released.get(key)
    if (released) released.add(uid)
    else this.#released.set(key, new Set([uid]))
  }

  releaseObserved(key: string, uid: string): void {
    const released = this.#released.get(key)
    released?.delete(uid)
    if (released?.size === 0) this.#released.delete(key)
  }

  /** Counting by a status from before our last write would count twice. */
  isStale(key: string, { metadata }: Job): boolean {
    return Number(metadata.resourceVersion) < (this.#written.get(key) ?? 0)
  }

  wrote(key: string, { metadata }: Job): void {
    this.#written.set(key, Number(metadata.resourceVersion))
  }

  forget(key: string): void {
    this.expectations.forget(key)
    this.#records.delete(key)
    this.#released.delete(key)
    this.#written.delete(key)
  }
}
