/**
 * What a plugin says. `Unschedulable`: not now, and removing pods could help. `UnschedulableAndUnresolvable`: removing pods would not.
 * `Skip`: nothing to do for this pod, leave the plugin out of the rest of the cycle. `Error`: it failed.
 */
export type StatusCode = 'Success' | 'Error' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Skip' | 'Pending'

export interface Status {
  readonly code: StatusCode
  readonly reasons: readonly string[]
  readonly error?: unknown
}

export const success: Status = { code: 'Success', reasons: [] }
export const skip: Status = { code: 'Skip', reasons: [] }
export const unschedulable = (...reasons: string[]): Status => ({ code: 'Unschedulable', reasons })
export const unresolvable = (...reasons: string[]): Status => ({ code: 'UnschedulableAndUnresolvable', reasons })
export const failed = (error: unknown): Status => ({
  code: 'Error',
  reasons: [error instanceof Error ? error.message : String(error)],
  error,
})

/** The pod cannot be placed now; it will be tried again when something changes. */
export const isRejected = ({ code }: Status): boolean =>
  code === 'Unschedulable' || code === 'UnschedulableAndUnresolvable' || code === 'Pending'

export const messageOf = ({ reasons }: Status): string => reasons.join(', ')
