import type { PodInfo } from '../framework/pod-info.ts'

/** A pod that waits for a node, with the history of its attempts. */
export interface QueuedPod {
  info: PodInfo
  /** When it was queued this time, in milliseconds. */
  timestamp: number
  /** Failed attempts; backoff grows with them. */
  attempts: number
  /** When it was first queued. */
  initialTimestamp: number
  /** Who rejected it at the last attempt: their events wake it. Empty when the attempt failed by an error. */
  unschedulablePlugins: ReadonlySet<string>
  /** The plugin that keeps it out of the queue. */
  gatedBy?: string | undefined
}
