import type { ProxyState } from './service-map.ts'

/** What makes Services work on a node: iptables today. Held to one contract suite, `testing/proxier-suite.ts`. */
export interface Proxier {
  /**
   * Makes the kernel do what the state says, and returns once it does. Calls must not overlap. A call after one that failed starts from
   * what the kernel holds.
   */
  sync(state: ProxyState): Promise<SyncResult>
  /** Makes the next sync read the kernel instead of trusting what was written last. */
  forget(): void
  /** False when somebody else removed what the last sync wrote. */
  intact(): Promise<boolean>
  /** Removes everything of this proxier from the kernel. */
  cleanup(): Promise<void>
}

export interface SyncResult {
  full: boolean
  /** Rules written by this sync, and in force after it. */
  writtenRules: Record<string, number>
  totalRules: Record<string, number>
  /** Services with a Local traffic policy that have endpoints, but none on this node. */
  withoutLocalEndpoints: { internal: number; external: number }
}
