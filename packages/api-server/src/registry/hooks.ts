import type { KubernetesObject } from '@tandem/apimachinery'
import type { DeletionRules } from './deletion.ts'

/** What was set aside for a write: kept when the write is done, given back when it is not. */
export interface Reservation {
  commit(): Promise<void>
  revert(): Promise<void>
}

/**
 * What some resources do around their writes inside the server: Services take addresses and ports. Called after preparation and before
 * validation; may change the object; may throw a status error.
 */
export interface StoreHooks<T extends KubernetesObject = KubernetesObject> extends DeletionRules<T> {
  beginCreate?(object: T, options: { dryRun: boolean }): Promise<Reservation>
  beginUpdate?(object: T, old: T, options: { dryRun: boolean }): Promise<Reservation>
  afterDelete?(object: T): Promise<void>
}
