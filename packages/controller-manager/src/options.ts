import type { ClientConfig } from '@tandem/client'

export interface ControllerManagerOptions {
  /** How to reach the API server. */
  config: ClientConfig
  /** `*`, names, and names with a minus before them. */
  controllers?: readonly string[]
  /** Each controller acts under a service account of its own. On unless false. */
  useServiceAccountCredentials?: boolean
  leaderElect?: boolean
  leaderElection?: {
    namespace: string
    name: string
    leaseDurationMs?: number
    renewDeadlineMs?: number
    retryPeriodMs?: number
  }
  /** Health and metrics over HTTPS; 0 takes a free port, undefined serves none. */
  securePort?: number | undefined
  bindAddress?: string
  tls?: { certificate: string; key: string } | undefined
  /** Keys at once, by controller. */
  concurrency?: Readonly<Record<string, number | undefined>>
  /** What controllers read: see each. */
  settings?: Readonly<Record<string, string | undefined>>
}

/** Is a controller to run? As upstream reads `--controllers`: a name wins over `*`. */
export function isEnabled(name: string, controllers: readonly string[] = ['*']): boolean {
  if (controllers.includes(name)) return true
  if (controllers.includes(`-${name}`)) return false
  return controllers.includes('*')
}
