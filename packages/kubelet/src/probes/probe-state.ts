import type { ProbeResult } from '../pod-worker/pod-actions.ts'

export type ProbeType = 'liveness' | 'readiness' | 'startup'

export interface Thresholds {
  successThreshold: number
  failureThreshold: number
}

export interface ProbeState {
  result: ProbeResult
  /** How often the last outcome came in a row. */
  run: number
  last: boolean | undefined
}

/** Before the first answer: alive, not ready, not known to have started. */
export const initialResult: Readonly<Record<ProbeType, ProbeResult>> = {
  liveness: 'success',
  readiness: 'failure',
  startup: 'unknown',
}

/** One more answer; the result turns when enough of the same came in a row. Pure. */
export function nextProbeState(state: ProbeState, healthy: boolean, thresholds: Thresholds): ProbeState {
  const run = state.last === healthy ? state.run + 1 : 1
  const needed = healthy ? thresholds.successThreshold : thresholds.failureThreshold
  return { result: run < needed ? state.result : healthy ? 'success' : 'failure', run, last: healthy }
}
